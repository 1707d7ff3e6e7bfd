package dev.whetstone.lab;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** One key casts a third of the votes, against the taste of all others, under many names. */
final class PoisonScenario implements Scenario {
  private static final int VOTES = 600;
  private static final int NAMES = 200;
  private static final double SHARE = 1 / 3.0;

  @Override
  public String name() {
    return "poison";
  }

  @Override
  public String description() {
    return "an application's key with %d names casts a third of %d votes against the others' taste"
        .formatted(NAMES, VOTES);
  }

  @Override
  public void play(LabSession session) throws IOException, InterruptedException {
    session.lookAfter(List.of(300, 500));
    Crowd crowd =
        Crowd.poisoned(
            Crowd.of(Taste.PRAISE, 0), Taste.PRAISE.reversed(), SHARE, NAMES, key(session));
    session.drive(VOTES, crowd, Taste.PRAISE, LabSession.Stop.NEVER);
  }

  private static String key(LabSession session) throws IOException, InterruptedException {
    Map<String, String> wanted = Map.of("role", "chat", "users", "application");
    LabGateway.Answer answer = session.gateway().post("operator", "/keys", wanted);
    if (answer.status() == 400) {
      // keys have no kinds in builds that believe every key's names
      return session
          .gateway()
          .postForJson("operator", "/keys", Map.of("role", "chat"))
          .path("key")
          .asText();
    }
    if (answer.status() >= 300) {
      throw new IOException("/keys answered " + answer.status() + ": " + answer.body());
    }
    return answer.body().path("key").asText();
  }
}
