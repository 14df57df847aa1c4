// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A struct of the kernel's interface, whose fields are numbers of 32 or 64 bits. */
final class Struct {
  static final Struct ELEM = of("u32 kind; u32 fd; u64 off; u64 len; u32 flags; u32 record");
  static final Struct SINK = of("u32 fd; u32 flags; u64 rate; u64 reserved[2]");
  static final Struct SEND =
      of(
          """
          u32 size; u32 flags; u64 elems; u32 nr_elems; u32 elem_size; u64 sinks; u32 nr_sinks;
          u32 sink_size; u64 cookie; u32 until; u32 end; u64 rate; u64 deadline_ns; u64 idle_ns;
          u64 readahead; u64 results; u32 result_size; u32 reserved0; u64 id; u64 reserved[4]\
          """);
  static final Struct SENDFILE =
      of(
          """
          u32 size; u32 flags; u32 sock; u32 file; u64 off; u64 len; u64 head; u64 tail;
          u32 head_len; u32 tail_len; u64 cookie; u32 until_end; u32 reserved; u64 id;
          u64 bytes; u64 bytes_by_ref; u32 status; u32 error\
          """);
  static final Struct RESULT =
      of(
          """
          u32 size; u32 sink; u64 id; u64 cookie; u32 status; u32 error; u64 bytes_asked;
          u64 bytes; u64 bytes_by_ref; u64 bytes_copied; u64 copied[8]; u64 cache_hit_bytes;
          u64 cache_miss_bytes; u32 socket_waits; u32 disk_waits; u32 retrans; u32 reserved0;
          u64 queued_ns; u64 first_byte_ns; u64 last_byte_ns; u64 duration_ns; u64 copied_small;
          u64 copied_policy\
          """);
  static final Struct WAIT =
      of(
          """
          u32 size; u32 flags; u64 id; u64 results; u32 nr_results; u32 result_size; u32 min;
          u32 got; u64 timeout_ns; u64 reserved[2]\
          """);
  static final Struct CANCEL =
      of("u32 size; u32 flags; u64 id; u32 count; u32 reserved0; u64 reserved[2]");

  final StructLayout layout;
  final Map<String, Long> offsets = new HashMap<>();

  private Struct(StructLayout layout) {
    this.layout = layout;
    for (MemoryLayout field : layout.memberLayouts()) {
      String name = field.name().orElseThrow();
      offsets.put(name, layout.byteOffset(PathElement.groupElement(name)));
    }
  }

  /** The struct with these fields, written as in C. */
  private static Struct of(String fields) {
    List<MemoryLayout> layouts = new ArrayList<>();
    for (String field : fields.split(";\\s*")) {
      String[] words = field.split("[ \\[\\]]");
      MemoryLayout type = words[0].equals("u32") ? JAVA_INT : JAVA_LONG;
      if (words.length > 2) {
        type = MemoryLayout.sequenceLayout(Integer.parseInt(words[2]), type);
      }
      layouts.add(type.withName(words[1]));
    }
    return new Struct(MemoryLayout.structLayout(layouts.toArray(MemoryLayout[]::new)));
  }

  int size() {
    return (int) layout.byteSize();
  }

  /** A struct of zeros, except for its own size. */
  MemorySegment allocate(SegmentAllocator allocator) {
    MemorySegment struct = allocator.allocate(layout);
    struct.set(JAVA_INT, 0, size());
    return struct;
  }

  /** Element {@code index} of an array of structs. */
  MemorySegment element(MemorySegment array, long index) {
    return array.asSlice(index * size(), layout);
  }

  void setInt(MemorySegment struct, String field, int value) {
    struct.set(JAVA_INT, offsets.get(field), value);
  }

  void setLong(MemorySegment struct, String field, long value) {
    struct.set(JAVA_LONG, offsets.get(field), value);
  }

  int getInt(MemorySegment struct, String field) {
    return struct.get(JAVA_INT, offsets.get(field));
  }

  long getLong(MemorySegment struct, String field) {
    return struct.get(JAVA_LONG, offsets.get(field));
  }
}
