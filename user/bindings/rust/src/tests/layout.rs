// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Compares the structs and numbers with the header, as a C compiler sees it.
use std::fmt::Write as _;
use std::mem::offset_of;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// What the C expressions are worth.
fn ask_c(expressions: &[String]) -> Vec<u64> {
    let header = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../kmod/uapi");
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let unique = (std::process::id(), ASKED.fetch_add(1, Ordering::Relaxed));
    let dir = std::env::temp_dir().join(format!("zcopy-layout-{}-{}", unique.0, unique.1));
    let mut source = String::from(
        "#include <stddef.h>\n#include <stdio.h>\n#include <linux/zcopy.h>\nint main(void)\n{\n",
    );
    for e in expressions {
        writeln!(source, "\tprintf(\"%llu\\n\", (unsigned long long)({e}));").unwrap();
    }
    source.push_str("}\n");
    std::fs::create_dir_all(&dir).unwrap();
    let (file, program) = (dir.join("ask.c"), dir.join("ask"));
    std::fs::write(&file, source).unwrap();
    let built = Command::new("gcc")
        .args(["-I", header, "-o"])
        .args([&program, &file])
        .status()
        .expect("gcc");
    assert!(built.success() && Path::new(header).exists());
    let told = Command::new(&program).output().unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    told.lines().map(|line| line.parse().unwrap()).collect()
}

fn compare(rows: Vec<(String, u64)>) {
    let (expressions, ours): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let theirs = ask_c(&expressions);
    assert_eq!(theirs.len(), ours.len());
    for ((e, ours), theirs) in expressions.iter().zip(&ours).zip(&theirs) {
        assert_eq!(ours, theirs, "{e}");
    }
}

/// A row for the size of a struct, and one for each of its fields.
macro_rules! rows {
    ($to:ident, $c:literal, $ours:ty: $($field:ident)*) => {
        $to.push((format!("sizeof(struct {})", $c), size_of::<$ours>() as u64));
        $($to.push((
            format!("offsetof(struct {}, {})", $c, stringify!($field)),
            offset_of!($ours, $field) as u64,
        ));)*
    };
}

#[test]
fn structs_have_the_layout_of_the_header() {
    let mut all = Vec::new();
    rows!(all, "zcopy_elem", Elem: kind fd off len flags record);
    rows!(all, "zcopy_sink", Sink: fd flags rate reserved);
    rows!(all, "zcopy_send", Send: size flags elems nr_elems elem_size sinks nr_sinks
        sink_size cookie until end rate deadline_ns idle_ns readahead results result_size
        reserved0 id reserved);
    rows!(all, "zcopy_result", Outcome: size sink id cookie status error bytes_asked bytes
        bytes_by_ref bytes_copied copied cache_hit_bytes cache_miss_bytes socket_waits
        disk_waits retrans reserved0 queued_ns first_byte_ns last_byte_ns duration_ns
        copied_small copied_policy);
    rows!(all, "zcopy_wait", Wait: size flags id results nr_results result_size min got
        timeout_ns reserved);
    rows!(all, "zcopy_cancel", Cancel: size flags id count reserved0 reserved);
    compare(all);
}

#[test]
fn numbers_are_those_of_the_header() {
    use crate::{End, Flag, Until};
    let named = |name: &str, value: u64| (format!("ZCOPY_{name}"), value);
    compare(vec![
        named("IOC_SEND", SEND.into()),
        named("IOC_SUBMIT", SUBMIT.into()),
        named("IOC_WAIT", WAIT.into()),
        named("IOC_CANCEL", CANCEL.into()),
        named("ELEM_FILE", ELEM_FILE.into()),
        named("ELEM_MEMORY", ELEM_MEMORY.into()),
        named("LEN_EOF", LEN_EOF),
        named("ID_ANY", ID_ANY),
        named("WAIT_FOREVER", WAIT_FOREVER),
        named("CANCEL_ALL", CANCEL_ALL.into()),
        named("UNTIL_QUEUED", Until::Queued as u64),
        named("UNTIL_ACKED", Until::Acked as u64),
        named("UNTIL_RELEASED", Until::Released as u64),
        named("END_KEEP", End::Keep as u64),
        named("END_CORK", End::Cork as u64),
        named("END_SHUTDOWN", End::Shutdown as u64),
        named("F_STABLE", Flag::Stable as u64),
        named("F_DROP_BEHIND", Flag::DropBehind as u64),
        named("F_NOWAIT", Flag::CachedOnly as u64),
        named("F_DONTWAIT", Flag::DontWait as u64),
        named("F_MORE", Flag::More as u64),
        named("F_AS_READ", Flag::AsRead as u64),
        named("F_ANY_PID", Flag::AnyPid as u64),
    ]);
}

#[test]
fn statuses_are_those_of_the_header() {
    use crate::Status::{self, *};
    let all = [
        ("DONE", Done),
        ("CHANGED", Changed),
        ("TRUNCATED", Truncated),
        ("CANCELLED", Cancelled),
        ("AGAIN", Again),
        ("SOCKET_ERROR", SocketError),
        ("FILE_ERROR", FileError),
        ("NO_MEMORY", NoMemory),
        ("DEADLINE", Deadline),
        ("IDLE", Idle),
        ("RUNNING", Unknown(10)),
    ];
    let names: Vec<_> = all.map(|(n, _)| format!("ZCOPY_STATUS_{n}")).into();
    for ((name, ours), value) in all.into_iter().zip(ask_c(&names)) {
        assert_eq!(ours, Status::from(value as u32), "{name}");
    }
}
