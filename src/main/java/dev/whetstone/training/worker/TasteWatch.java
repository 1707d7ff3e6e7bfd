package dev.whetstone.training.worker;

import dev.whetstone.dpo.PolicyScorer;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.training.Pool;
import dev.whetstone.training.RunHistory;
import dev.whetstone.training.TasteShift;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import org.jboss.logging.Logger;

/**
 * Asks the votes since a champion's promotion whether the users still want what was learned. The
 * newest model that was trained before a vote judges it, because a champion may be hardly better
 * than the base and then ranks any taste rightly half of the time.
 */
final class TasteWatch {
  private static final Logger LOG = Logger.getLogger(TasteWatch.class);

  private final ModelDirectory base;
  private final TrainerOptions options;
  private final TrainingRunStore runs;
  private final PolicyStore policies;
  private final TrainingVotes votes;

  TasteWatch(
      ModelDirectory base, TrainerOptions options, TrainingRunStore runs, PolicyStore policies) {
    this.base = base;
    this.options = options;
    this.runs = runs;
    this.policies = policies;
    this.votes = new TrainingVotes(runs.database(), base.hash());
  }

  /**
   * A model and the votes that it judges.
   *
   * @param after position in the log behind which they are
   */
  private record Judge(String version, long after) {}

  /** The position in the log up to which votes count no longer; 0 if all count. */
  long forgottenUntil(Policy champion) {
    long before = runs.history().considered().forgottenUntil();
    List<Judge> judges = judges(champion, before);
    int earlier = Math.max(0, judges.size() - TasteShift.MAX_JUDGES);
    List<TrainingVote> judged = new ArrayList<>();
    List<boolean[]> rightly = new ArrayList<>();
    for (int i = earlier; i < judges.size(); i++) {
      long end = i + 1 < judges.size() ? judges.get(i + 1).after() : Long.MAX_VALUE;
      List<TrainingVote> after =
          votes.firstAfter(judges.get(i).after(), TasteShift.MAX_VOTES).stream()
              .filter(vote -> vote.seq() <= end)
              .toList();
      if (after.isEmpty()) {
        continue;
      }
      LoraAdapter adapter = policies.load(policies.require(judges.get(i).version())).adapter();
      if (adapter != null) {
        judged.addAll(after);
        rightly.add(rightly(adapter, after));
      }
    }
    OptionalInt begin = TasteShift.begin(rightly, earlier);
    if (begin.isEmpty()) {
      return before;
    }
    long until = judged.get(begin.getAsInt()).seq() - 1;
    LOG.warnf(
        "the users' taste has turned: what was learned, by %s at last, ranks their votes wrongly"
            + " more often than not; votes before position %d of the log count no longer",
        judges.getLast().version(), until + 1);
    return until;
  }

  // What was learned from votes that are forgotten does not judge again.
  private List<Judge> judges(Policy champion, long before) {
    long promotion = Pool.promotion(votes, runs);
    long start = Math.max(before, promotion);
    SequencedMap<Long, Judge> judges = new LinkedHashMap<>();
    if (!champion.isBase() && promotion > before) {
      judges.put(start, new Judge(champion.version(), start));
    }
    for (RunHistory.Result result : runs.history().results(before)) {
      long after = Math.max(start, result.newestVote());
      judges.put(after, new Judge(result.version(), after));
    }
    return List.copyOf(judges.values());
  }

  private boolean[] rightly(LoraAdapter adapter, List<TrainingVote> since) {
    List<TokenPair> pairs = since.stream().map(TrainingDataSelector::pair).toList();
    Map<String, Boolean> ranks = new HashMap<>();
    try {
      for (PairLogps pair :
          new PolicyScorer(base, options, TrainConfig.plain().batch()).score(adapter, pairs)) {
        ranks.put(pair.id(), pair.chosen().logRatio() > pair.rejected().logRatio());
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    boolean[] rightly = new boolean[since.size()];
    for (int i = 0; i < rightly.length; i++) {
      // A pair without room in the model says nothing; it counts for the champion.
      rightly[i] = ranks.getOrDefault(since.get(i).preferenceId(), true);
    }
    return rightly;
  }
}
