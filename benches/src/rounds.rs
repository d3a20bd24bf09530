//! What a bench's command line asks of the tables that the bench prints by itself.
//!
//! In: the arguments that cargo and criterion agree on. Out: how much is to be measured.

/// So many rounds for a table: hardly any with `--test`, when it is only to be proven that it runs; none with
/// `--profile-time` or `--list`, when a profile or a list is wanted.
pub fn rounds(usual: usize) -> usize {
    asked(std::env::args(), usual)
}

fn asked(arguments: impl Iterator<Item = String>, usual: usize) -> usize {
    arguments.fold(usual, |rounds, argument| match argument.split('=').next() {
        Some("--profile-time" | "--list") => 0,
        Some("--test") => rounds.min(2),
        _ => rounds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_short_in_a_test_and_absent_in_a_profile() {
        let asked = |words: &str| asked(words.split(' ').map(str::to_owned), 50);
        assert_eq!(asked("bench --bench"), 50);
        assert_eq!(asked("bench --test room"), 2);
        assert_eq!(asked("bench --bench --profile-time 10"), 0);
        assert_eq!(asked("bench --profile-time=10"), 0);
        assert_eq!(asked("bench --list"), 0);
    }
}
