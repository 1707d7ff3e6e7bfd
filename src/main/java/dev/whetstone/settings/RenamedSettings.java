package dev.whetstone.settings;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/**
 * Accepts the names that settings had in version 0.1, for one release. Where both names are set,
 * the one from the stronger source wins, and of one source the new one.
 */
public final class RenamedSettings implements ConfigSourceInterceptor {
  private static final long serialVersionUID = 1L;

  private static final String TRAINER = "whetstone.trainer.";
  private static final String SERVING = "whetstone.serving.";
  private static final String ROLLOUT = "whetstone.rollout.";
  private static final String GATE = "whetstone.rollout.gate.";
  private static final String DUEL = "whetstone.rollout.duel.";

  /** The old name of each setting that has one. */
  private static final Map<String, String> OLD_NAMES =
      Map.ofEntries(
          Map.entry("whetstone.engine.resamples", "whetstone.engine.redraws"),
          Map.entry(TRAINER + "max-pairs", TRAINER + "most-pairs"),
          Map.entry(TRAINER + "retained-runs", TRAINER + "kept-runs"),
          Map.entry(SERVING + "poll", ROLLOUT + "poll"),
          Map.entry(SERVING + "retained-champions", ROLLOUT + "kept-champions"),
          Map.entry(SERVING + "retained-named-versions", ROLLOUT + "named-versions"),
          Map.entry(SERVING + "cached-adapters", ROLLOUT + "cached-adapters"),
          Map.entry(SERVING + "max-adapter-size", ROLLOUT + "largest-adapter"),
          Map.entry(SERVING + "staging-timeout", ROLLOUT + "staging-timeout"),
          Map.entry(GATE + "min-pairs", GATE + "least-pairs"),
          Map.entry(GATE + "max-pairs", GATE + "most-pairs"),
          Map.entry(GATE + "min-answers", GATE + "least-answers"),
          Map.entry(GATE + "min-length-ratio", GATE + "shortest"),
          Map.entry(GATE + "max-length-ratio", GATE + "longest"),
          Map.entry(GATE + "max-perplexity-ratio", GATE + "perplexity"),
          Map.entry(GATE + "max-truncated-excess", GATE + "unended"),
          Map.entry(GATE + "max-empty-excess", GATE + "empty"),
          Map.entry(GATE + "max-export-difference", GATE + "export"),
          Map.entry(GATE + "probe-text", GATE + "canary"),
          Map.entry(DUEL + "max-votes", DUEL + "most-votes"),
          Map.entry(DUEL + "max-duration", DUEL + "longest"),
          Map.entry(DUEL + "min-completions", DUEL + "least-completions"),
          Map.entry(DUEL + "max-empty-excess", DUEL + "empty"),
          Map.entry(DUEL + "max-truncated-excess", DUEL + "unended"),
          Map.entry(DUEL + "max-error-excess", DUEL + "errors"),
          Map.entry(DUEL + "max-length-ratio", DUEL + "length"),
          Map.entry(DUEL + "max-latency-ratio", DUEL + "latency"));

  /** Settings that do nothing any more, each with what to know instead. */
  private static final Map<String, String> WITHOUT_EFFECT =
      new TreeMap<>(
          Map.of(
              TRAINER + "window", "a run trains on all usable votes, whoever wrote the answers",
              TRAINER + "replay", "a run trains on all usable votes, older ones at less weight"));

  private static final NavigableMap<String, String> NEW_NAMES = new TreeMap<>();

  static {
    OLD_NAMES.forEach((name, old) -> NEW_NAMES.put(old, name));
  }

  @Override
  public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
    ConfigValue value = context.proceed(name);
    String oldName = OLD_NAMES.get(name);
    ConfigValue old = oldName == null ? null : context.proceed(oldName);
    if (old == null
        || (value != null && value.getConfigSourceOrdinal() >= old.getConfigSourceOrdinal())) {
      return value;
    }
    return old.withName(name);
  }

  /** Hides the old names, which no mapping knows: an unknown setting ends the start. */
  @Override
  public Iterator<String> iterateNames(ConfigSourceInterceptorContext context) {
    Set<String> names = new LinkedHashSet<>();
    context
        .iterateNames()
        .forEachRemaining(
            name -> {
              if (!WITHOUT_EFFECT.containsKey(name)) {
                names.add(NEW_NAMES.getOrDefault(name, name));
              }
            });
    return names.iterator();
  }

  /** A sentence for each old name that is set, and for each setting without effect. */
  public static List<String> warnings(Config config) {
    Stream<String> renamed =
        NEW_NAMES.entrySet().stream()
            .filter(entry -> isSet(config, entry.getKey()))
            .map(
                entry ->
                    "the setting %s is now called %s; the old name goes with the next release"
                        .formatted(entry.getKey(), entry.getValue()));
    Stream<String> withoutEffect =
        WITHOUT_EFFECT.entrySet().stream()
            .filter(entry -> isSet(config, entry.getKey()))
            .map(
                entry ->
                    "the setting %s has no effect any more: %s"
                        .formatted(entry.getKey(), entry.getValue()));
    return Stream.concat(renamed, withoutEffect).toList();
  }

  private static boolean isSet(Config config, String name) {
    return config.getConfigValue(name).getValue() != null;
  }
}
