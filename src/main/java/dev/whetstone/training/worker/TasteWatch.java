package dev.whetstone.training.worker;

import dev.whetstone.dpo.PolicyScorer;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.Policy;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.training.Pool;
import dev.whetstone.training.TasteShift;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jboss.logging.Logger;

/** Asks the votes since a champion's promotion whether the users still want what it learned. */
final class TasteWatch {
  private static final Logger LOG = Logger.getLogger(TasteWatch.class);

  private final ModelDirectory base;
  private final TrainerOptions options;
  private final TrainingRunStore runs;
  private final TrainingVotes votes;

  TasteWatch(ModelDirectory base, TrainerOptions options, TrainingRunStore runs) {
    this.base = base;
    this.options = options;
    this.runs = runs;
    this.votes = new TrainingVotes(runs.database(), base.hash());
  }

  /** The position in the log up to which votes count no longer; 0 if all count. */
  long forgottenUntil(Policy champion) {
    long before = runs.history().considered().forgottenUntil();
    LoraAdapter adapter = champion.adapter();
    long promotion = Pool.promotion(votes, runs);
    if (adapter == null || promotion == 0) {
      return before;
    }
    List<TrainingVote> since = votes.firstAfter(Math.max(before, promotion), TasteShift.MAX_VOTES);
    OptionalInt begin = TasteShift.begin(rightly(adapter, since));
    if (begin.isEmpty()) {
      return before;
    }
    long until = since.get(begin.getAsInt()).seq() - 1;
    LOG.warnf(
        "the users' taste has turned: %s ranks their votes since its promotion wrongly more often"
            + " than not; votes before position %d of the log count no longer",
        champion.version(), until + 1);
    return until;
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
