// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Compares structs and numbers with the header, as a C compiler sees it. */
public final class LayoutTest {
  private LayoutTest() {}

  /** What the C expressions are worth. */
  private static void compare(Map<String, Long> ours) throws Exception {
    Path dir = Files.createTempDirectory("zcopy-layout");
    try {
      List<String> lines = new ArrayList<>();
      lines.addAll(
          List.of("#include <stddef.h>", "#include <stdio.h>", "#include <linux/zcopy.h>"));
      lines.add("int main(void) {");
      ours.forEach((name, value) -> lines.add("printf(\"%lld\\n\", (long long)(" + name + "));"));
      lines.add("}");
      Path program = dir.resolve("ask");
      Path source = Files.write(dir.resolve("ask.c"), lines);
      String header = System.getProperty("zcopy.uapi");
      List<String> gcc = List.of("gcc", "-I", header, "-o", program.toString(), source.toString());
      Ktap.is(new ProcessBuilder(gcc).inheritIO().start().waitFor(), 0);
      Process asked = new ProcessBuilder(program.toString()).start();
      List<String> theirs = asked.inputReader().lines().toList();
      Ktap.is(theirs.size(), ours.size());
      int i = 0;
      for (Map.Entry<String, Long> entry : ours.entrySet()) {
        Ktap.is(entry.toString(), entry.getKey() + "=" + theirs.get(i++));
      }
    } finally {
      for (String name : List.of("ask", "ask.c")) {
        Files.deleteIfExists(dir.resolve(name));
      }
      Files.delete(dir);
    }
  }

  /** Sizes and offsets. */
  public static void structsHaveTheLayoutOfTheHeader() throws Exception {
    Map<String, Struct> structs =
        Map.of(
            "elem", Struct.ELEM,
            "sink", Struct.SINK,
            "send", Struct.SEND,
            "sendfile", Struct.SENDFILE,
            "result", Struct.RESULT,
            "wait", Struct.WAIT,
            "cancel", Struct.CANCEL);
    Map<String, Long> ours = new LinkedHashMap<>();
    structs.forEach(
        (name, struct) -> {
          ours.put("sizeof(struct zcopy_" + name + ")", (long) struct.size());
          struct.offsets.forEach(
              (field, offset) -> {
                String theirs = field.equals("until_end") ? "until" : field;
                ours.put("offsetof(struct zcopy_" + name + ", " + theirs + ")", offset);
              });
        });
    Ktap.yes(ours.size() > 80, ours);
    compare(ours);
  }

  /** Verbs, flags, levels, statuses. */
  public static void numbersAreThoseOfTheHeader() throws Exception {
    Map<String, Long> ours = new LinkedHashMap<>();
    ours.put("ZCOPY_IOC_SUBMIT", (long) Native.SUBMIT);
    ours.put("ZCOPY_IOC_WAIT", (long) Native.WAIT);
    ours.put("ZCOPY_IOC_CANCEL", (long) Native.CANCEL);
    ours.put("ZCOPY_IOC_SENDFILE", (long) Native.SENDFILE);
    ours.put("ZCOPY_ELEM_FILE", (long) Request.FILE);
    ours.put("ZCOPY_ELEM_MEMORY", (long) Request.MEMORY);
    ours.put("ZCOPY_CANCEL_ALL", (long) Zcopy.CANCEL_ALL);
    ours.put("ZCOPY_WAIT_FOREVER", Zcopy.FOREVER);
    for (Request.Until level : Request.Until.values()) {
      ours.put("ZCOPY_UNTIL_" + level, (long) level.ordinal());
    }
    for (Request.End end : Request.End.values()) {
      ours.put("ZCOPY_END_" + end, (long) end.ordinal());
    }
    for (Request.Flag flag : Request.Flag.values()) {
      ours.put("ZCOPY_F_" + flag.name().replace("CACHED_ONLY", "NOWAIT"), (long) flag.bit);
    }
    for (Result.Status status : Result.Status.values()) {
      String name = status.name().replace("UNKNOWN", "RUNNING").toUpperCase(Locale.ROOT);
      ours.put("ZCOPY_STATUS_" + name, (long) status.ordinal());
    }
    compare(ours);
  }
}
