//! What a bench's command line means for the tables that the bench prints itself.
//!
//! In: the arguments that cargo and criterion agree on. Out: how much to measure.

/// The number of rounds for a table: very few with `--test`, which only proves that it runs, and none with
/// `--profile-time` or `--list`, which ask for a profile or a list.
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
