package dev.whetstone.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Where the server of a gateway's home listens, for tests that look into its database. */
public final class EmbeddedAddress {
  private static final Duration STARTING = Duration.ofMinutes(2);

  private EmbeddedAddress() {}

  /** The address with the owner's password; on a busy machine the server may still be starting. */
  public static String of(Path home) throws IOException {
    Path running = home.resolve("postgres/data/postmaster.pid");
    List<String> lines =
        await("PostgreSQL of " + home)
            .atMost(STARTING)
            .until(
                () -> Files.exists(running) ? Files.readAllLines(running) : List.<String>of(),
                read -> read.size() >= 4);
    String password = Files.readString(home.resolve("postgres/password")).strip();
    return "postgresql://whetstone:%s@127.0.0.1:%s/postgres"
        .formatted(password, lines.get(3).strip());
  }
}
