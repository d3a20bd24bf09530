//! `cargo tickwire new`: a project of its own that builds and plays at once.
//!
//! In: a folder that is not there yet; its last part is the game's name. Out: the smallest example, with that name in its
//! files, and what makes a workspace of it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::game::check_name;
use crate::run::on_path;
use anyhow::{Context, Result, ensure};

/// The files of `examples/dots`, as they are there.
macro_rules! dots {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../../examples/dots/", $path)))),*]
    };
}

/// The smallest example: each new game begins as a copy of it.
const DOTS: &[(&str, &str)] = dots!(
    ".gitignore"
    "README.md"
    "page/index.html"
    "page/package.json"
    "page/src/main.ts"
    "page/src/style.css"
    "page/test/two-tabs.test.mjs"
    "page/tsconfig.json"
    "page/vite.config.ts"
    "rules/Cargo.toml"
    "rules/src/lib.rs"
    "server/Cargo.toml"
    "server/build.rs"
    "server/src/lib.rs"
    "server/src/main.rs"
    "wasm/Cargo.toml"
    "wasm/src/lib.rs"
    "wasm/src/main.rs"
);
/// What the example has from this repository, and a game of one's own must have itself.
const WORKSPACE: &str = include_str!("../project/Cargo.toml.in");
const CI: (&str, &str) = (
    ".github/workflows/ci.yml",
    include_str!("../project/ci.yml"),
);

/// Where this tool was built: the framework is there, if it is this machine.
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// Writes the project. `framework` is a folder with Tickwire's source; without it, it is where this tool was built if that is
/// still there, and otherwise the repository.
///
/// # Errors
/// The name cannot be used, the folder exists, or it cannot be written.
pub fn new(folder: &Path, framework: Option<&Path>) -> Result<PathBuf> {
    let name = folder.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| {
        format!(
            "`{}` has no name: write `cargo tickwire new my-game`",
            folder.display()
        )
    })?;
    check_name(name)?;
    let is_empty = fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_none());
    ensure!(
        is_empty || !folder.exists(),
        "{} exists already",
        folder.display()
    );
    let framework = match framework {
        Some(framework) => Some(
            source(framework)
                .with_context(|| format!("{} has no Tickwire in it", framework.display()))?,
        ),
        None => source(Path::new(HERE)),
    };
    let words = Words::of(name);
    for (path, text) in DOTS.iter().chain([&CI]) {
        put(&folder.join(path), &words.fill(path, text))?;
    }
    let workspace = Origin::of(framework.as_deref()).fill(WORKSPACE);
    put(&folder.join("Cargo.toml"), &workspace)?;
    // The versions that the framework was tested with.
    if let Some(lock) = framework.map(|framework| framework.join("Cargo.lock"))
        && lock.is_file()
    {
        fs::copy(lock, folder.join("Cargo.lock"))?;
    }
    Ok(folder.to_owned())
}

/// What to do with a new project, for a person.
pub fn what_now(folder: &Path) -> String {
    let folder = folder.display();
    // Who runs it from a checkout may not have it as a command of cargo's yet.
    let install = match on_path("cargo-tickwire") {
        Some(_) => "",
        None => "    cargo install --path xtask/cargo-tickwire\n",
    };
    format!("wrote {folder}; now:\n\n{install}    cd {folder}\n    cargo tickwire dev\n")
}

/// The folder, whole, if Tickwire's source is there.
fn source(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    folder
        .join("server/tickwire/Cargo.toml")
        .is_file()
        .then_some(folder)
}

fn put(path: &Path, text: &str) -> Result<()> {
    let parent = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(parent)
        .with_context(|| format!("cannot make the folder {}", parent.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Where a game takes Tickwire from.
enum Origin {
    /// A checkout of one's own.
    Folder(PathBuf),
    /// The repository, at this commit if it is known.
    Repository(Option<String>),
}

impl Origin {
    fn of(framework: Option<&Path>) -> Origin {
        let Some(framework) = framework else {
            return Origin::Repository(None);
        };
        // `cargo install --git` leaves its checkout here, in a folder named after the commit. Cargo cleans it up one day, and
        // nobody else has it.
        let is_cargos = framework
            .parent()
            .and_then(Path::parent)
            .is_some_and(|folder| folder.ends_with("git/checkouts"));
        match (is_cargos, framework.file_name()) {
            (true, Some(commit)) => Origin::Repository(Some(commit.to_string_lossy().into_owned())),
            _ => Origin::Folder(framework.to_owned()),
        }
    }

    /// A workspace's manifest, with where Tickwire's packages are.
    fn fill(&self, workspace: &str) -> String {
        let packages = [
            ("{{tickwire}}", "server/tickwire"),
            ("{{bind}}", "demo-client/bind"),
            ("{{shared}}", "shared"),
        ];
        let fill = |text: String, (word, folder): (&str, &str)| {
            text.replace(word, &self.dependency(folder))
        };
        packages.into_iter().fold(workspace.to_owned(), fill)
    }

    fn dependency(&self, folder: &str) -> String {
        match self {
            Origin::Folder(framework) => {
                let path = framework.join(folder).to_string_lossy().replace('\\', "/");
                format!("{{ path = {path:?} }}")
            }
            Origin::Repository(Some(commit)) => {
                format!("{{ git = {REPOSITORY:?}, rev = {commit:?} }}")
            }
            Origin::Repository(None) => format!("{{ git = {REPOSITORY:?} }}"),
        }
    }
}

/// What a game is called in place of `dots`: `my-game` by cargo and npm, `my_game` in Rust, `myGame` in TypeScript.
struct Words {
    name: String,
    module: String,
    value: String,
    kind: String,
    game: String,
}

impl Words {
    fn of(name: &str) -> Words {
        let kind = name.split('-').map(capital).collect::<String>();
        let mut value = kind.clone();
        value[..1].make_ascii_lowercase();
        let game = match kind.ends_with("Game") {
            true => format!("{kind}Server"),
            false => format!("{kind}Game"),
        };
        Words {
            name: name.to_owned(),
            module: name.replace('-', "_"),
            value,
            kind,
            game,
        }
    }

    /// The text of one of the example's files, as it is in this game.
    fn fill(&self, path: &str, text: &str) -> String {
        let name = match path.rsplit_once('.') {
            Some((_, "rs")) => &self.module,
            Some((_, "ts")) => &self.value,
            _ => &self.name,
        };
        // In one pass: a name may have `dots` in it. The longer word is first, since it begins with the other.
        let words = [
            ("DotsGame", &self.game),
            ("Dots", &self.kind),
            ("dots", name),
        ];
        let (mut filled, mut rest) = (String::new(), text);
        while let Some(next) = rest.chars().next() {
            let found = words.iter().find(|(word, _)| rest.starts_with(word));
            match found {
                Some((word, meaning)) => {
                    filled.push_str(meaning);
                    rest = &rest[word.len()..];
                }
                None => {
                    filled.push(next);
                    rest = &rest[next.len_utf8()..];
                }
            }
        }
        filled
    }
}

fn capital(part: &str) -> String {
    let mut letters = part.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::stamp::files_under;

    #[test]
    fn a_game_takes_the_framework_from_where_others_can_have_it() {
        let of = |folder: &str| Origin::of(Some(Path::new(folder))).dependency("shared");
        assert_eq!(
            of("/home/ana/tickwire"),
            r#"{ path = "/home/ana/tickwire/shared" }"#
        );
        let cargos = of("/home/ana/.cargo/git/checkouts/tickwire-0a1b2c/deadbee");
        assert_eq!(
            cargos,
            format!("{{ git = {REPOSITORY:?}, rev = \"deadbee\" }}")
        );
        let anywhere = Origin::of(None).dependency("shared");
        assert_eq!(anywhere, format!("{{ git = {REPOSITORY:?} }}"));
    }

    #[test]
    fn no_file_of_the_example_is_forgotten() {
        let example = Path::new(HERE).join("examples/dots");
        let files = files_under(&example).unwrap();
        let shown = files
            .iter()
            .map(|file| file.strip_prefix(&example).unwrap());
        let made = ["page/generated", "page/public"];
        let theirs = shown.filter(|path| !made.iter().any(|folder| path.starts_with(folder)));
        let theirs = theirs.map(|path| path.to_str().unwrap().replace('\\', "/"));
        let ours = DOTS.iter().map(|(path, _)| (*path).to_owned());
        let ours = ours.filter(|path| path != ".gitignore");
        assert_eq!(
            theirs.collect::<BTreeSet<_>>(),
            ours.collect::<BTreeSet<_>>()
        );
    }

    #[test]
    fn a_name_may_have_the_examples_in_it() {
        let lib = "use dots_rules::Dots;\npub struct DotsGame;";
        for (name, filled) in [
            (
                "my-dots",
                "use my_dots_rules::MyDots;\npub struct MyDotsGame;",
            ),
            (
                "dots-game",
                "use dots_game_rules::DotsGame;\npub struct DotsGameServer;",
            ),
            (
                "mydots",
                "use mydots_rules::Mydots;\npub struct MydotsGame;",
            ),
        ] {
            assert_eq!(Words::of(name).fill("server/src/lib.rs", lib), filled);
        }
    }

    #[test]
    fn a_project_has_its_name_everywhere_and_no_braces_left() {
        let folder = std::env::temp_dir().join(format!("new-{}/my-game", std::process::id()));
        new(&folder, None).unwrap();
        let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
        assert!(read("rules/src/lib.rs").contains("impl Rules for MyGame {"));
        assert!(read("server/src/lib.rs").contains("use my_game_rules::MyGame;"));
        assert!(read("server/src/main.rs").contains("tickwire::main!(my_game::MyGameServer);"));
        assert!(read("page/src/main.ts").contains("import { myGame } from"));
        assert!(read(".gitignore").contains("/target"));
        for path in DOTS.iter().map(|(path, _)| *path).chain(["Cargo.toml"]) {
            let text = read(path);
            let left = ["{{", "dots", "Dots"].map(|word| text.contains(word));
            assert_eq!(left, [false; 3], "{path}: {text}");
        }
        let again = new(&folder, None).unwrap_err().to_string();
        assert!(again.ends_with("exists already"), "{again}");
        let nowhere = new(&folder.with_file_name("other"), Some(Path::new("/nowhere")));
        assert_eq!(
            nowhere.unwrap_err().to_string(),
            "/nowhere has no Tickwire in it"
        );
        fs::remove_dir_all(folder.parent().unwrap()).unwrap();
    }
}
