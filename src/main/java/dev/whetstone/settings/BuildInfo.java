package dev.whetstone.settings;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** Which code this is: Maven's version, and git's commit where the build knew it. */
public final class BuildInfo {
  private static final String VERSION = read();

  private BuildInfo() {}

  /** As in "0.2.0" or "0.2.0+1a2b3c4". */
  public static String version() {
    return VERSION;
  }

  private static String read() {
    Properties build = new Properties();
    try (InputStream file =
        Objects.requireNonNull(
            BuildInfo.class.getResourceAsStream("/whetstone-build.properties"))) {
      build.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String commit = build.getProperty("commit", "");
    return build.getProperty("version", "") + (commit.isEmpty() ? "" : "+" + commit);
  }
}
