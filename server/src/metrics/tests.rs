//! What a server counts, as its text tells it.

use super::*;

#[test]
fn lateness_has_a_histogram_with_its_largest_and_the_text_ends_once() {
    let metrics = Metrics::default();
    for us in [900, 3_500, 60] {
        metrics.tick_late(Duration::from_micros(us));
    }
    let text = metrics.text();
    for line in [
        "tickwire_tick_lateness_seconds_bucket{le=\"0.00075\"} 1",
        "tickwire_tick_lateness_seconds_bucket{le=\"0.001\"} 2",
        "tickwire_tick_lateness_seconds_bucket{le=\"0.003\"} 2",
        "tickwire_tick_lateness_seconds_bucket{le=\"0.004\"} 3",
        "tickwire_tick_lateness_max_seconds 0.0035",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert_eq!(text.matches("# EOF").count(), 1);
}

#[test]
fn what_is_counted_shows_in_the_text_under_its_label() {
    let metrics = Metrics::default();
    metrics.socket_closed("idle");
    metrics.message_in(10);
    metrics.tick(Duration::from_millis(20), Duration::from_millis(16));
    let socket = metrics.socket();
    let text = metrics.text();
    assert!(
        text.contains("tickwire_sockets_closed_total{reason=\"idle\"} 1"),
        "{text}"
    );
    assert!(text.contains("tickwire_in_bytes_total 10"), "{text}");
    assert!(text.contains("tickwire_tick_overruns_total 1"), "{text}");
    assert!(text.contains("tickwire_sockets 1"), "{text}");
    drop(socket);
    assert!(metrics.text().contains("tickwire_sockets 0"));
}
