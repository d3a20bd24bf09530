//! `cargo tickwire new`: a project of its own that builds and plays at once.
//!
//! In: a folder that is not there yet; its last part is the game's name. Out: the template's files with that name in them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rust_embed::RustEmbed;

use crate::game::check_name;

#[derive(RustEmbed)]
#[folder = "template"]
struct Template;

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
    let words = Words::of(name, &Origin::of(framework.as_deref()));
    for path in Template::iter() {
        let file = Template::get(&path).context("the template has no such file")?;
        let text = String::from_utf8(file.data.into_owned())?;
        let path = folder.join(renamed(&path));
        let parent = path.parent().context("a file is in a folder")?;
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot make the folder {}", parent.display()))?;
        fs::write(&path, words.fill(&text))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    // The versions that the framework was tested with.
    if let Some(lock) = framework.map(|framework| framework.join("Cargo.lock"))
        && lock.is_file()
    {
        fs::copy(lock, folder.join("Cargo.lock"))?;
    }
    Ok(folder.to_owned())
}

/// The folder, whole, if Tickwire's source is there.
fn source(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    folder
        .join("server/tickwire/Cargo.toml")
        .is_file()
        .then_some(folder)
}

/// Some files would mean something here under their own names.
fn renamed(path: &str) -> PathBuf {
    let path = path.strip_suffix(".in").unwrap_or(path);
    PathBuf::from(if path == "gitignore" {
        ".gitignore"
    } else {
        path
    })
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

/// What stands for the words in braces.
struct Words(Vec<(&'static str, String)>);

impl Words {
    fn of(name: &str, origin: &Origin) -> Words {
        let parts = name.split('-');
        let kind = parts.map(capital).collect::<String>();
        let mut value = kind.clone();
        value[..1].make_ascii_lowercase();
        let game = match kind.ends_with("Game") {
            true => format!("{kind}Server"),
            false => format!("{kind}Game"),
        };
        let dependency = |folder: &str| origin.dependency(folder);
        Words(vec![
            ("{{name}}", name.to_owned()),
            ("{{crate}}", name.replace('-', "_")),
            ("{{Type}}", kind),
            ("{{Game}}", game),
            ("{{value}}", value),
            ("{{tickwire}}", dependency("server/tickwire")),
            ("{{bind}}", dependency("demo-client/bind")),
            ("{{shared}}", dependency("shared")),
        ])
    }

    fn fill(&self, text: &str) -> String {
        let fill = |text: String, (word, meaning): &(&str, String)| text.replace(word, meaning);
        self.0.iter().fold(text.to_owned(), fill)
    }
}

fn capital(part: &str) -> String {
    let mut letters = part.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_project_has_its_name_everywhere_and_no_braces_left() {
        let folder = std::env::temp_dir().join(format!("new-{}/my-game", std::process::id()));
        new(&folder, None).unwrap();
        let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
        assert!(read("rules/src/lib.rs").contains("impl Rules for MyGame {"));
        assert!(read("server/src/main.rs").contains("use my_game_rules::MyGame;"));
        assert!(read("server/src/main.rs").contains("tickwire::main!(MyGameServer);"));
        assert!(read("page/src/main.ts").contains("import { myGame } from"));
        assert!(read(".gitignore").contains("/target"));
        for path in Template::iter() {
            let text = read(renamed(&path).to_str().unwrap());
            assert!(!text.contains("{{"), "{path}: {text}");
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
