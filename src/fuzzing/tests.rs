//! Every target over its corpus, without a fuzzer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        const NAMES: &[&str] = &[$(stringify!($name)),+];

        $(
            #[test]
            fn $name() {
                over_its_corpus(stringify!($name), super::$name);
            }
        )+
    };
}

targets!(
    bulk_csv,
    bulk_json,
    cursors,
    export_lines,
    gift_card_codes,
    position_tokens,
    proof_documents,
    proofs,
    upcasters,
);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Each input as it is, and cut off at some 50 places.
fn over_its_corpus(name: &str, target: fn(&[u8])) {
    let files = files(&folder("corpus").join(name));
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        println!("{}", file.display());
        let data = fs::read(file).unwrap();
        target(&data);
        for end in (0..data.len()).step_by(data.len() / 50 + 1) {
            target(&data[..end]);
        }
    }
}

#[test]
fn every_target_is_built_and_has_a_corpus() {
    let all: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    let stems = |of: &str| -> BTreeSet<String> {
        let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        files(&folder(of)).into_iter().map(stem).collect()
    };
    assert_eq!(stems("fuzz_targets"), all);
    assert_eq!(stems("corpus"), all);
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    let binaries = manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"));
    let binaries = binaries.map(|path| path.trim_end_matches(".rs\"").to_owned());
    assert_eq!(binaries.collect::<BTreeSet<_>>(), all);
}
