package dev.whetstone.rollout.changes;

import dev.whetstone.database.Database;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.rollout.changes.VersionChanges.BeforeAfter;
import dev.whetstone.rollout.changes.VersionChanges.Comparison;
import dev.whetstone.rollout.changes.VersionChanges.Feature;
import dev.whetstone.rollout.changes.VersionChanges.Figure;
import dev.whetstone.text.Message;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Compares what versions wrote in the gate. */
public final class ChangesReader {
  private static final String BASE = "v0";
  private static final int FEATURES = 12;
  private static final int PROMPTS = 8;

  /** A feature that fewer answers have, on both sides together, tells nothing. */
  private static final int MIN_COUNT = 3;

  private static final double MIN_Z = 2;

  private final Database database;
  private final GateAnswerStore store;

  public ChangesReader(Database database) {
    this.database = database;
    this.store = new GateAnswerStore(database);
  }

  private record Written(String version, String rollout, List<GateAnswer> answers) {}

  /**
   * Compares a version with its parent and with v0.
   *
   * @param parent null where it was trained from the base
   */
  public VersionChanges read(String version, @Nullable String parent) {
    Optional<Written> own = written(version, "");
    if (own.isEmpty()) {
      return new VersionChanges(version, null, 0, List.of());
    }
    Written now = own.get();
    List<Comparison> against = new ArrayList<>();
    for (String other : new LinkedHashSet<>(List.of(parent == null ? BASE : parent, BASE))) {
      if (!other.equals(version)) {
        written(other, now.rollout).ifPresent(before -> against.add(compare(now, before)));
      }
    }
    return new VersionChanges(version, now.rollout, now.answers.size(), against);
  }

  private Optional<Written> written(String version, String preferred) {
    return store
        .rolloutOf(version, preferred)
        .map(rollout -> new Written(version, rollout, store.of(rollout, version)));
  }

  private Comparison compare(Written now, Written before) {
    Features words = features(now, before, TextFeatures::words);
    Features endings = features(now, before, TextFeatures::ending);
    return new Comparison(
        before.version,
        before.rollout,
        before.answers.size(),
        figure(now, before, GateAnswer::tokens),
        figure(now, before, answer -> TextFeatures.refuses(answer.text()) ? 1 : 0),
        figure(now, before, answer -> answer.finish() == FinishReason.STOP ? 1 : 0),
        words.compared + endings.compared,
        words.changed,
        endings.changed,
        now.rollout.equals(before.rollout) ? beforeAfter(now, before) : List.of());
  }

  private static Figure figure(Written now, Written before, ToDoubleFunction<GateAnswer> of) {
    return new Figure(mean(now, of), mean(before, of));
  }

  private static double mean(Written written, ToDoubleFunction<GateAnswer> of) {
    return written.answers.stream().mapToDouble(of).average().orElse(0);
  }

  private record Features(int compared, List<Feature> changed) {}

  private static Features features(
      Written now, Written before, Function<String, Set<String>> features) {
    Map<String, Integer> after = counts(now, features);
    Map<String, Integer> earlier = counts(before, features);
    Set<String> all = new HashSet<>(after.keySet());
    all.addAll(earlier.keySet());
    all.removeIf(text -> after.getOrDefault(text, 0) + earlier.getOrDefault(text, 0) < MIN_COUNT);
    int n = now.answers.size();
    int ofBefore = before.answers.size();
    List<Feature> changed =
        all.stream()
            .map(
                text ->
                    feature(
                        text,
                        after.getOrDefault(text, 0),
                        n,
                        earlier.getOrDefault(text, 0),
                        ofBefore))
            .filter(feature -> Math.abs(feature.z()) >= MIN_Z)
            .sorted(
                Comparator.comparingDouble((Feature feature) -> -Math.abs(feature.z()))
                    .thenComparing(Feature::text))
            .limit(FEATURES)
            .toList();
    return new Features(all.size(), changed);
  }

  private static Map<String, Integer> counts(
      Written written, Function<String, Set<String>> features) {
    return TextFeatures.counts(
        written.answers.stream().map(answer -> features.apply(answer.text())).toList());
  }

  private static Feature feature(String text, int now, int of, int before, int ofBefore) {
    LogOdds odds = LogOdds.of(now, of, before, ofBefore);
    return new Feature(text, (double) now / of, (double) before / ofBefore, odds.value(), odds.z());
  }

  /** One answer of each to the first prompts, which are the newest of the log. */
  private List<BeforeAfter> beforeAfter(Written now, Written before) {
    List<BeforeAfter> shown = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (GateAnswer after : now.answers) {
      if (shown.size() < PROMPTS && seen.add(after.pairId())) {
        before.answers.stream()
            .filter(answer -> answer.place() == after.place())
            .findFirst()
            .ifPresent(answer -> shown.add(beforeAfter(after, answer)));
      }
    }
    return shown;
  }

  private BeforeAfter beforeAfter(GateAnswer after, GateAnswer before) {
    return database
        .first(
            row -> {
              List<Message> messages = ConversationJson.read(row.getString("messages"));
              return new BeforeAfter(
                  row.getString("prompt"), messages, before.text(), after.text());
            },
            "SELECT prompt, messages::text AS messages FROM pairs WHERE pair_id = ?",
            after.pairId())
        .orElseThrow();
  }
}
