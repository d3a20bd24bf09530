//! The `tickwire` binary as a person or an init system meets it: its address, its page, its end, its errors.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

fn tickwire(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickwire"));
    command
        .args(arguments)
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A server on a free port, and that port's address.
fn serving(flags: &[&str]) -> (Child, String) {
    let mut child = tickwire(&["serve", "--listen", "127.0.0.1:0"])
        .args(flags)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line.trim_end().strip_prefix("http://").unwrap().to_owned();
    (child, address)
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[cfg(unix)]
#[test]
fn it_says_its_address_serves_the_page_and_ends_cleanly_on_both_signals() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, address) = serving(&[]);
        let page = get(&address, "/");
        assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
        assert!(
            page.to_ascii_lowercase()
                .contains("content-type: text/html"),
            "{page}"
        );
        assert!(get(&address, "/healthz").ends_with("ok\n"));
        assert!(get(&address, "/readyz").ends_with("ready\n"));
        let sent = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        assert!(child.wait().unwrap().success());
    }
}

#[cfg(unix)]
#[test]
fn a_log_for_machines_is_an_object_a_line() {
    let (mut child, _) = serving(&["--log-format", "json"]);
    let id = child.id().to_string();
    let sent = Command::new("kill").arg(id).status().unwrap();
    assert!(sent.success() && child.wait().unwrap().success());
    let mut log = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut log).unwrap();
    assert!(log.contains(r#""message":"shutting down""#), "{log}");
    for line in log.lines() {
        assert!(
            line.starts_with(r#"{"timestamp":""#) && line.ends_with('}'),
            "{line}"
        );
        assert!(
            line.contains(r#""level":"INFO""#) || line.contains(r#""level":"WARN""#),
            "{line}"
        );
    }
}

#[test]
fn a_busy_port_is_one_clear_line_and_a_failure() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap();
    let output = tickwire(&["serve", "--listen", &address.to_string()])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.contains(&format!("port {} is in use", address.port())) && told.contains("--listen"),
        "{told}"
    );
}

#[test]
fn a_wrong_flag_is_refused_with_a_word_on_what_is_right() {
    for (flag, value, hint) in [
        ("--listen", "4000", "invalid"),
        ("--trust-proxy", "10.0.0.0/99", "10.0.0.0/8"),
        ("--allow-origin", "game.example", "https://game.example"),
        ("--threads", "0", "1.."),
        (
            "--link",
            "80ms wobble 3ms",
            "\"wobble\" is no part of a link",
        ),
        ("--link", "main=80", "80ms jitter 20ms"),
        ("--link", "no room=80ms", "is no name for a room"),
        ("--nonsense", "1", "--help"),
    ] {
        let arguments = ["serve", "--listen", "127.0.0.1:0", flag, value];
        let arguments = if flag == "--listen" {
            &["serve", flag, value][..]
        } else {
            &arguments[..]
        };
        let output = tickwire(arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{flag} {value}");
        assert!(told.contains(hint), "{flag} {value}: {told}");
    }
}
