//! See [`tickwire_fuzz::keyframe`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_fuzz::keyframe(bytes));
