//! See [`tickwire_fuzz::delta`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_fuzz::delta(bytes));
