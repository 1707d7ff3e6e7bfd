package dev.whetstone.settings;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** Which code this is, as the build wrote it into {@code whetstone-build.properties}. */
public final class BuildInfo {
  private static final Properties BUILD = read();

  private BuildInfo() {}

  /** As in "0.2.0", or "0.2.0+1a2b3c4" where the build knew git's commit. */
  public static String version() {
    String commit = BUILD.getProperty("commit", "");
    return BUILD.getProperty("version", "") + (commit.isEmpty() ? "" : "+" + commit);
  }

  /** The artifact and version of ONNX Runtime, as in "1.26.0" or "gpu-1.26.0". */
  public static String onnxRuntimeVersion() {
    return BUILD.getProperty("onnxruntime", "");
  }

  private static Properties read() {
    Properties build = new Properties();
    try (InputStream file =
        Objects.requireNonNull(
            BuildInfo.class.getResourceAsStream("/whetstone-build.properties"))) {
      build.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return build;
  }
}
