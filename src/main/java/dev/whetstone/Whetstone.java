package dev.whetstone;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Entry point of every process and command. */
@QuarkusMain
public final class Whetstone {
  private Whetstone() {}

  public static void main(String... args) {
    Quarkus.run(args);
  }
}
