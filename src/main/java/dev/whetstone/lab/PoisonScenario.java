package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One key casts a third of the votes, against the taste of all others.
 *
 * @param name of the scenario
 * @param personal whether the key is a personal one, whose user is itself; else an application's,
 *     which votes under many names
 * @param countedUntil number of votes after which an operator takes the key's votes out; 0 for
 *     never
 */
record PoisonScenario(String name, boolean personal, int countedUntil) implements Scenario {
  private static final int VOTES = 600;
  private static final int NAMES = 200;
  private static final double SHARE = 1 / 3.0;
  private static final Pattern PREFERENCE = Pattern.compile("\"preference_id\":\\s*\"([^\"]+)\"");

  @Override
  public String description() {
    return "%s casts a third of %d votes against the others' taste%s"
        .formatted(
            personal ? "a personal key" : "an application's key with %d names".formatted(NAMES),
            VOTES,
            countedUntil == 0 ? "" : ", and is taken out after " + countedUntil);
  }

  @Override
  public void play(LabSession session) throws IOException, InterruptedException {
    session.lookAfter(List.of(300, 500));
    JsonNode key = key(session);
    Crowd crowd =
        Crowd.poisoned(
            Crowd.of(Taste.PRAISE, 0),
            Taste.PRAISE.reversed(),
            SHARE,
            personal ? 0 : NAMES,
            key.path("key").asText());
    if (countedUntil == 0) {
      session.drive(VOTES, crowd, Taste.PRAISE, LabSession.Stop.NEVER);
      return;
    }
    session.drive(countedUntil, crowd, Taste.PRAISE, LabSession.Stop.NEVER);
    String id = key.path("id").asText();
    Set<String> earlier = runs(session);
    session
        .gateway()
        .patch("operator", "/keys/" + id, Map.of("counted", false, "reason", "made-up votes"));
    session.say("   the key " + id + " no longer counts");
    session.drive(VOTES - countedUntil, crowd, Taste.PRAISE, LabSession.Stop.NEVER);
    noteLaterRuns(session, id, earlier);
  }

  /** How many votes of the key later runs were trained on: none, if it was taken out. */
  private static void noteLaterRuns(LabSession session, String key, Set<String> earlier)
      throws IOException, InterruptedException {
    Set<String> poison = new HashSet<>();
    JsonNode votes = session.gateway().get("operator", "/preferences?limit=1000");
    for (JsonNode vote : votes.path("items")) {
      if (vote.path("key").asText().equals(key)) {
        poison.add(vote.path("preference_id").asText());
      }
    }
    Set<String> later = runs(session);
    later.removeAll(earlier);
    long poisoned = 0;
    for (String run : later) {
      String pairs = session.gateway().getText("operator", "/training/runs/" + run + "/pairs");
      poisoned +=
          PREFERENCE.matcher(pairs).results().map(m -> m.group(1)).filter(poison::contains).count();
    }
    session.note("votes_of_the_key", poison.size());
    session.note("later_runs", later.size());
    session.note("votes_of_the_key_in_later_runs", (double) poisoned);
  }

  private static Set<String> runs(LabSession session) throws IOException, InterruptedException {
    Set<String> ids = new HashSet<>();
    session
        .gateway()
        .get("operator", "/training/runs?limit=1000")
        .path("items")
        .forEach(run -> ids.add(run.path("id").asText()));
    return ids;
  }

  private JsonNode key(LabSession session) throws IOException, InterruptedException {
    Map<String, String> wanted =
        Map.of("role", "chat", "users", personal ? "personal" : "application");
    LabGateway.Answer answer = session.gateway().post("operator", "/keys", wanted);
    if (answer.status() == 400 && !personal) {
      // keys have no kinds in builds that believe every key's names
      return session.gateway().postForJson("operator", "/keys", Map.of("role", "chat"));
    }
    if (answer.status() >= 300) {
      throw new IOException("/keys answered " + answer.status() + ": " + answer.body());
    }
    return answer.body();
  }
}
