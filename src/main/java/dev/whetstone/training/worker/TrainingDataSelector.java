package dev.whetstone.training.worker;

import dev.whetstone.database.Sql;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.PairDigest;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.ValidationSplit;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;

/**
 * Selects what a run trains on. The selection is made once, stored, and the same whenever the run
 * is resumed.
 */
final class TrainingDataSelector {
  /** The run cannot be executed; the message says why. */
  static final class UnusableException extends RuntimeException {
    UnusableException(String message) {
      super(message);
    }
  }

  /**
   * A run's data and settings.
   *
   * @param parent version whose adapter the training starts from; v0 starts from a new one
   * @param hash of the list of votes
   */
  record TrainingData(
      TrainConfig config,
      Policy parent,
      String hash,
      List<TokenPair> train,
      List<TokenPair> validation) {}

  private final TrainingVotes votes;
  private final TrainingRunStore runs;
  private final PolicyStore policies;
  private final AliasStore aliases;
  private final TrainerConfig trainer;
  private final ModelConfig base;

  TrainingDataSelector(
      TrainingVotes votes,
      TrainingRunStore runs,
      PolicyStore policies,
      TrainerConfig trainer,
      ModelConfig base) {
    this.votes = votes;
    this.runs = runs;
    this.policies = policies;
    this.aliases = new AliasStore(policies);
    this.trainer = trainer;
    this.base = base;
  }

  /**
   * Selects and stores what a run trains on, or loads what is stored already.
   *
   * @throws UnusableException when there is nothing to train on, the settings are wrong, or votes
   *     of the stored list were erased
   */
  TrainingData select(TrainingRun run) {
    if (run.dataHash() == null) {
      runs.database().transaction(connection -> freeze(connection, run));
    }
    TrainingRun frozen = runs.find(run.id()).orElseThrow();
    return loadFrozen(frozen, Objects.requireNonNull(frozen.dataHash()));
  }

  private boolean freeze(Connection connection, TrainingRun run) throws SQLException {
    TrainConfig config = config(run);
    Policy parent =
        policies.load(policies.require(connection, aliases.read(connection).champion()));
    VoteSelection selection =
        new VoteSelection(
            trainer.replay(),
            trainer.window(),
            trainer.userShare(),
            trainer.promptShare(),
            trainer.maxPairs());
    // Twice as many as can be used, so that enough are left after the window and the caps.
    List<TrainingVote> newest = votes.newest(connection, 2 * trainer.maxPairs());
    List<TrainingVote> selected =
        selection.select(
            newest, runs.newestVote(), PolicyStore.number(parent.version()), config.batch().seed());
    ValidationSplit<TrainingVote> split = split(selected, config);
    if (split.train().isEmpty()) {
      throw new UnusableException("there are no usable votes to train on");
    }
    for (TrainingVote vote : selected) {
      Sql.update(
          connection,
          "INSERT INTO run_preferences (run_id, preference_id, user_id) VALUES (?, ?, ?)",
          run.id(),
          vote.preferenceId(),
          vote.user());
    }
    return runs.freeze(
        connection,
        run.id(),
        new TrainingRunStore.FrozenData(
            TrainConfigFile.write(config),
            canContinue(parent, config) ? parent.version() : "v0",
            VoteSelection.hash(selected),
            split.train().size(),
            split.validation().size(),
            newest.getLast().seq()));
  }

  private TrainConfig config(TrainingRun run) {
    try {
      TrainConfig defaults =
          TrainConfigFile.read(trainer.settings(), TrainConfig.online(base, 200));
      return TrainConfigFile.read(run.config(), defaults);
    } catch (IllegalArgumentException wrong) {
      throw new UnusableException("the settings are wrong: " + wrong.getMessage());
    }
  }

  // Training cannot continue an adapter of another shape: such a run starts from the base.
  private static boolean canContinue(Policy parent, TrainConfig config) {
    var adapter = parent.adapter();
    return adapter != null
        && config.weights() instanceof TrainedWeights.Lora lora
        && adapter.rank() == lora.rank()
        && adapter.alpha() == lora.alpha();
  }

  private TrainingData loadFrozen(TrainingRun run, String hash) {
    List<TrainingVote> frozen = votes.ofRun(run.id());
    if (!VoteSelection.hash(frozen).equals(hash)) {
      throw new UnusableException("some of its votes were erased after they had been selected");
    }
    TrainConfig config = TrainConfigFile.read(run.config(), TrainConfig.plain());
    ValidationSplit<TrainingVote> split = split(frozen, config);
    String parent = Objects.requireNonNull(run.parent());
    return new TrainingData(
        config,
        policies.load(policies.require(parent)),
        hash,
        pairs(split.train()),
        pairs(split.validation()));
  }

  private static ValidationSplit<TrainingVote> split(List<TrainingVote> votes, TrainConfig config) {
    return ValidationSplit.of(
        votes, config.validation().share(), vote -> new PairDigest().add(vote.conversationHash()));
  }

  private static List<TokenPair> pairs(List<TrainingVote> votes) {
    return votes.stream()
        .map(
            vote ->
                new TokenPair(
                    vote.preferenceId(), vote.prompt(), vote.chosen(), vote.rejected(), 1))
        .toList();
  }
}
