package dev.whetstone.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/** A gateway with a separate data directory, for tests that change what is served. */
public final class OwnHome implements QuarkusTestProfile {
  /**
   * The data directory of the running gateway: the same for every class loader of this process, and
   * different for every process.
   */
  public static final Path HOME =
      Path.of("target", "own-home-" + ProcessHandle.current().pid() + "-" + started())
          .toAbsolutePath();

  /** The API key that the first start created for a role. */
  public static String key(String role) {
    try {
      return new ObjectMapper().readTree(HOME.resolve("keys.json").toFile()).path(role).asText();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static long started() {
    return ProcessHandle.current().info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.of("WHETSTONE_HOME", HOME.toString());
  }
}
