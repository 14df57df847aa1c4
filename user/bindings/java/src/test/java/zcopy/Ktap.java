// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Comparator;

/** Runs tests, and prints a row for each. */
public final class Ktap {
  private Ktap() {}

  /**
   * Runs the static methods without parameters that these classes declare.
   *
   * @param classes names
   */
  public static void main(String[] classes) throws Exception {
    int count = 0;
    boolean failed = false;
    for (String name : classes) {
      Method[] methods = Class.forName(name).getDeclaredMethods();
      Arrays.sort(methods, Comparator.comparing(Method::getName));
      for (Method test : methods) {
        if (!Modifier.isPublic(test.getModifiers()) || test.getParameterCount() > 0) {
          continue;
        }
        String row = "ok " + ++count + " - " + name + ": " + test.getName();
        try {
          test.invoke(null);
          System.out.println(row);
        } catch (ReflectiveOperationException e) {
          failed = true;
          System.out.println("not " + row);
          e.getCause().printStackTrace();
        }
      }
    }
    System.exit(failed || count == 0 ? 1 : 0);
  }

  /** Something that may throw. */
  public interface Action {
    /** Runs. */
    void run() throws Exception;
  }

  static void is(Object got, Object want) {
    if (!want.equals(got)) {
      throw new AssertionError("got " + got + ", want " + want);
    }
  }

  static void yes(boolean truth, Object what) {
    if (!truth) {
      throw new AssertionError(what);
    }
  }

  static <E extends Exception> E fails(Class<E> with, Action action) {
    try {
      action.run();
    } catch (Exception e) {
      if (with.isInstance(e)) {
        return with.cast(e);
      }
      throw new AssertionError("not " + with, e);
    }
    throw new AssertionError("no " + with);
  }
}
