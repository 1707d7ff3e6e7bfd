package dev.whetstone.testing;

import static org.awaitility.Awaitility.await;

import dev.whetstone.lab.LabGateway;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;

/** One-time links that sign browsers in. */
public final class Welcome {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private Welcome() {}

  /** A link; a gateway is ready before its database, which a busy machine starts slowly. */
  public static String link(LabGateway gateway) {
    return await("a link of the gateway")
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(250))
        .ignoreException(IOException.class)
        .until(
            () -> gateway.postForJson("operator", "/welcome", Map.of()).path("url").asText(),
            url -> !url.isEmpty())
        .replace("127.0.0.1", "localhost");
  }

  /** Several links. */
  public static Iterable<String> links(LabGateway gateway, int count) {
    return IntStream.range(0, count).mapToObj(i -> link(gateway)).toList();
  }
}
