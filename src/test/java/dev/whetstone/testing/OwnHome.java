package dev.whetstone.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/** A gateway with a home of its own, for tests that change what is served. */
public final class OwnHome implements QuarkusTestProfile {
  /**
   * Where the running gateway's data and keys are: the same for every class loader of this process,
   * another for every process.
   */
  public static final Path HOME =
      Path.of("target", "own-home-" + ProcessHandle.current().pid() + "-" + started())
          .toAbsolutePath();

  /** The first start's API key of a role. */
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
