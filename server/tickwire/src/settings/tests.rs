//! Tests of settings: their order, their sources, and each kind of mistake in a file.

use super::*;

/// A configuration file that is gone at the end.
struct File(PathBuf);

impl File {
    fn new(text: &str) -> File {
        let name = format!("tickwire-{}-{:p}.toml", std::process::id(), text);
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        File(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn parsed(file: &File, flags: &[&str]) -> Result<Parsed, Refused> {
    let path = file.0.to_str().unwrap();
    let line = ["dots", "config", "--config", path];
    let line = line.iter().chain(flags).map(OsString::from);
    parse("dots", "1.0.0", line)
}

fn wrong(text: &str) -> Vec<String> {
    match parsed(&File::new(text), &[]) {
        Err(Refused::File(_, wrong)) => wrong,
        Err(Refused::Flags(error)) => panic!("{error}"),
        Ok(_) => panic!("nothing is wrong with {text}"),
    }
}

const GOOD: &str = r#"
listen = "127.0.0.1:0"
allow-origin = ["https://a.example", "https://b.example"]
dev = true
threads = 2
log = "debug"

[limits]
idle = "45s"
rooms-max = 7
message-bytes = "2KiB"
"#;

#[test]
fn a_file_sets_what_flags_set_and_flags_go_before_it() {
    let file = File::new(GOOD);
    let flags = ["--threads", "3", "--idle", "50s"];
    let Ok(found) = parsed(&file, &flags) else {
        panic!("nothing is wrong with it");
    };
    let Command::Config { serve, .. } = found.command else {
        panic!("it asks for the settings");
    };
    assert_eq!(serve.listen.port(), 0);
    assert_eq!(
        serve.allow_origin,
        ["https://a.example", "https://b.example"]
    );
    assert!(serve.dev);
    assert_eq!((serve.threads, serve.log.as_str()), (Some(3), "debug"));
    assert_eq!(found.limits.idle.as_secs(), 50);
    assert_eq!(
        (found.limits.rooms_max, found.limits.message_bytes),
        (7, 2048)
    );
}

#[test]
fn what_is_printed_says_where_it_comes_from_and_is_a_file_itself() {
    let file = File::new(GOOD);
    let text = |file: &File, flags: &[&str]| match parsed(file, flags) {
        Ok(parsed) => parsed.sources.text("dots"),
        Err(_) => panic!("nothing is wrong with it"),
    };
    let first = text(&file, &["--threads", "3", "--metrics-token", "hush-hush"]);
    let has = |start: &str, end: &str| {
        let found = first
            .lines()
            .any(|line| line.starts_with(start) && line.ends_with(end));
        assert!(found, "{start} .. {end}:\n{first}");
    };
    has("listen = \"127.0.0.1:0\"", ".toml:2");
    has("threads = 3 ", "# flag");
    has("dev = true ", ".toml:4");
    has("# rooms = ", "# not set");
    has("# metrics-token = ", "# a secret, by flag");
    has("idle = \"45s\"", ".toml:9");
    has("rooms-max = 7 ", ".toml:10");
    has("ping = \"2s\"", "# default");
    assert!(!first.contains("hush-hush"), "{first}");
    let again = text(&File::new(&first), &[]);
    let values = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let values = lines.map(|line| line.split(" # ").next().unwrap().trim().to_owned());
        values.collect::<Vec<_>>()
    };
    assert_eq!(values(&again), values(&first));
}

#[test]
fn each_mistake_is_told_with_its_line_and_the_nearest_right_name() {
    let text = r#"
lisden = "127.0.0.1:4000"
listen = "here"
threads = 0
dev = "perhaps"
trust-proxy = ["10.0.0.0/8", "home"]
idle = "3s"
link = [["4g"]]
[limits]
idel = "45s"
ping = "2"
rooms-max = "many"
[other]
a = 1
"#;
    let found = wrong(text);
    let expected = [
        "2: unknown key `lisden`: did you mean `listen`?",
        "3: listen: ",
        "4: threads: 0 is not in 1..",
        "5: dev: write true or false",
        "6: trust-proxy: ",
        "7: unknown key `idle`: did you mean `idle` in `[limits]`?",
        "8: link: write a text in quotes",
        "10: unknown key `idel`: did you mean `idle`?",
        "11: ping: ",
        "12: rooms-max: write a whole number",
        "13: unknown key `other`",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} is not {expected}..");
    }
}

#[test]
fn what_is_no_toml_and_a_missing_file_are_told() {
    let found = wrong("listen = \n[limits\n");
    assert!(found[0].starts_with("1: "), "{found:?}");
    let nowhere = File(PathBuf::from("/nowhere/tickwire.toml"));
    let Err(Refused::File(path, words)) = parsed(&nowhere, &[]) else {
        panic!("there is no such file");
    };
    assert_eq!(path, nowhere.0);
    assert!(words[0].contains("No such file"), "{words:?}");
}

#[test]
fn the_command_line_is_consistent() {
    command("dots", "1.0.0").debug_assert();
}

/// The settings of docs/operations.md: a table for the flags, and one for the limits.
fn documented() -> String {
    let command = command("dots", "1.0.0");
    let serve = command.find_subcommand("serve").unwrap();
    let mut out = String::new();
    for (limits, heading) in [(false, "Setting"), (true, "Limit")] {
        let _ = writeln!(out, "\n| {heading} | default | what |\n|---|---|---|");
        for arg in settable(serve).filter(|arg| is_limit(arg) == limits) {
            let id = arg.get_id().as_str();
            let defaults = arg.get_default_values().iter();
            let mut defaults = defaults.map(|value| value.to_string_lossy().into_owned());
            let default = defaults.next().or_else(|| limit_default(id)?.pop());
            let default = default.map_or(String::new(), |default| format!("`{default}`"));
            let about = arg.get_long_help().or(arg.get_help()).unwrap().to_string();
            let about = about
                .split(" [default:")
                .next()
                .unwrap()
                .replace('|', "\\|");
            let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
            let name = arg.get_long().unwrap();
            let _ = writeln!(out, "| `{name}` | {default} | {about} |");
        }
    }
    out
}

#[test]
fn the_operators_page_has_every_setting() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (start, end) = ("<!-- settings -->\n", "\n<!-- end of settings -->");
    let from = page.find(start).unwrap() + start.len();
    let to = page.find(end).unwrap();
    let expected = documented();
    if std::env::var_os("BLESS").is_some() {
        let page = [&page[..from], &expected, &page[to..]].concat();
        std::fs::write(path, page).unwrap();
        return;
    }
    assert!(
        page[from..to] == expected,
        "docs/operations.md is not what the settings are: run this test with BLESS=1"
    );
}
