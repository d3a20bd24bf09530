//! The trace of a game's step: one avatar, moved by inputs that nobody pressed, and its bits after each step. A step that
//! gives other bits in a browser than on the server is found by comparing two of them.
//!
//! In: rules. Out: the avatar's bytes after each step.

use crate::codec::{self, CodecError};
use crate::random::Random;
use crate::replicate::Replicate;
use crate::rules::{InputField, Rules};

/// On average, one step in this many has a new input: as keys are held for a while.
const STEPS_PER_CHANGE: u64 = 8;
/// So often the avatar begins anew, steps: it must not stand in a corner for good.
const STEPS_PER_LIFE: u32 = 125;
/// What a trace may take, bytes.
const TRACE_BYTES: usize = 1 << 26;

/// The avatar's bytes after each of `steps` steps.
///
/// # Errors
/// Zeros alone make no setup of this game.
pub fn trace<R: Rules>(steps: u32) -> Result<Vec<Vec<u8>>, CodecError> {
    let mut states = Vec::new();
    walk::<R>(steps, |avatar| {
        states.push(codec::encode(avatar)?);
        Ok(())
    })?;
    Ok(states)
}

/// Shows the avatar after each of `steps` steps.
///
/// The room's setup is the one whose bytes are all 0: numbers are 0, texts and lists are empty, enums have their first
/// variant. Each life begins with an avatar of any values in range.
fn walk<R: Rules>(
    steps: u32,
    mut show: impl FnMut(&R::Avatar) -> Result<(), CodecError>,
) -> Result<(), CodecError> {
    let setup = codec::decode_prefix::<R::Setup, { ZEROS.len() }>(ZEROS)?.0;
    let map = R::map(&setup);
    let mut random = Random(1);
    let (mut avatar, mut input) = (any_avatar::<R>(&mut random), R::Input::default());
    for step in 1..=steps {
        if step % STEPS_PER_LIFE == 0 {
            avatar = any_avatar::<R>(&mut random);
        }
        if random.below(STEPS_PER_CHANGE) == 0 {
            input = R::Input::sample(&mut random);
        }
        R::step(&mut avatar, &input, &map, R::dt_s());
        // Machines differ in the bits of what is not a number.
        if avatar != avatar.clone() {
            avatar = any_avatar::<R>(&mut random);
            continue;
        }
        show(&avatar)?;
    }
    Ok(())
}

fn any_avatar<R: Rules>(random: &mut Random) -> R::Avatar {
    let fields = R::Avatar::FIELDS.iter();
    let values = fields.map(|field| {
        let value = random.below(u64::from(field.kind.max()) + 1);
        field.kind.dequantise(value as u32)
    });
    R::Avatar::from_values(&values.collect::<Vec<_>>())
}

/// A hash of the first steps of the trace, as a page compares it with the server's. 0 if this game has no trace.
pub fn step_hash<R: Rules>() -> u64 {
    /// Some lives, and more than a hundred changes of the input.
    const STEPS: u32 = 1000;
    hash::<R>(STEPS)
}

/// A hash of a trace (XXH3, 64 bits): equal on two machines whose builds of the step compute the same. 0 if this game has
/// no trace.
pub fn hash<R: Rules>(steps: u32) -> u64 {
    let mut bytes = Vec::new();
    match walk::<R>(steps, |avatar| codec::encode_into(avatar, &mut bytes)) {
        Ok(()) => xxhash_rust::xxh3::xxh3_64(&bytes),
        Err(_) => 0,
    }
}

/// Enough for what decodes from zeros.
const ZEROS: &[u8] = &[0; 4096];

/// A trace as bytes.
///
/// # Errors
/// As [`trace`].
pub fn write<R: Rules>(steps: u32) -> Result<Vec<u8>, CodecError> {
    codec::encode(&trace::<R>(steps)?)
}

/// Where another machine's trace, as [`write()`] made it, first differs from this machine's: the step, and the line of the
/// avatar's debug form on both. `None` if they are equal.
///
/// # Errors
/// As [`trace`], or the bytes are no trace.
pub fn first_difference<R: Rules>(theirs: &[u8]) -> Result<Option<Difference>, CodecError> {
    let theirs = codec::decode::<Vec<Vec<u8>>, TRACE_BYTES>(theirs)?;
    let ours = trace::<R>(theirs.len() as u32)?;
    let mut pairs = ours.iter().zip(&theirs).enumerate();
    let Some((step, (ours, theirs))) = pairs.find(|(_, (ours, theirs))| ours != theirs) else {
        return Ok(None);
    };
    let shown = |bytes: &[u8]| {
        let avatar = codec::decode::<R::Avatar, TRACE_BYTES>(bytes)?;
        Ok(format!("{avatar:#?}"))
    };
    let (ours, theirs) = (shown(ours)?, shown(theirs)?);
    let mut lines = ours.lines().zip(theirs.lines());
    let same = ("bits that look the same", "others");
    let (ours, theirs) = lines.find(|(ours, theirs)| ours != theirs).unwrap_or(same);
    let plain = |line: &str| line.trim().trim_end_matches(',').to_owned();
    Ok(Some(Difference {
        step: step as u32 + 1,
        ours: plain(ours),
        theirs: plain(theirs),
    }))
}

/// The first difference of two traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step, from 1.
    pub step: u32,
    /// The field, here: `x: 0.1`. Empty if the two look the same.
    pub ours: String,
    /// The field, there.
    pub theirs: String,
}
