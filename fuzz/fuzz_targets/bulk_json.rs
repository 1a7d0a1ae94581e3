//! See `src/fuzzing` of the server.
#![no_main]

use ledgerline::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzzing::bulk_json(data));
