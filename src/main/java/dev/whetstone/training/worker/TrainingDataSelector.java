package dev.whetstone.training.worker;

import dev.whetstone.database.Sql;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.evaluation.KlBudget;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.preference.Part;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.feedback.TrainingRating;
import dev.whetstone.preference.feedback.TrainingRatings;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Selects what a run trains on. The selection is made once, stored, and the same whenever the run
 * is resumed.
 */
final class TrainingDataSelector {
  /** Votes read for each that can be used, so that enough are left after the caps. */
  private static final int POOL_FACTOR = 2;

  /** The newest pairs of the select part that choose a step: enough for a standard error of 4 %. */
  private static final int MAX_SELECT_PAIRS = 200;

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
   * @param champion that the result is compared with
   * @param hash of the list of votes
   * @param votes all that are selected
   * @param train pairs of the train part
   * @param ratings completions of the train part that were rated by themselves
   * @param validation pairs of the select part
   */
  record TrainingData(
      TrainConfig config,
      Policy parent,
      Policy champion,
      String hash,
      List<TrainingVote> votes,
      List<TokenPair> train,
      List<RatedCompletion> ratings,
      List<TokenPair> validation) {
    /** Number of examples that the run trains on. */
    int examples() {
      return train.size() + ratings.size();
    }

    /** Number of edits among these. */
    long trainedEdits() {
      return EditLimit.count(votes.stream().filter(vote -> vote.part() == Part.TRAIN).toList());
    }
  }

  private final TrainingVotes votes;
  private final TrainingRatings ratings;
  private final TrainingRunStore runs;
  private final PolicyStore policies;
  private final AliasStore aliases;
  private final TrainerConfig trainer;
  private final ModelConfig base;
  private final TasteWatch taste;

  TrainingDataSelector(
      TrainingVotes votes,
      TrainingRunStore runs,
      PolicyStore policies,
      TrainerConfig trainer,
      ModelConfig base,
      TasteWatch taste) {
    this.taste = taste;
    this.votes = votes;
    this.ratings = new TrainingRatings(runs.database(), runs.baseHash());
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
      // Read beforehand: a transaction holds one connection and asks for no other.
      Policy champion = champion();
      long forgottenUntil = taste.forgottenUntil(champion);
      TimeBudget budget =
          TimeBudget.of(trainer.maxDuration(), runs.history().secondsPerToken(), base);
      runs.database()
          .transaction(connection -> freeze(connection, run, champion, forgottenUntil, budget));
    }
    TrainingRun frozen = runs.find(run.id()).orElseThrow();
    return loadFrozen(frozen, Objects.requireNonNull(frozen.dataHash()));
  }

  private Policy champion() {
    return runs.database()
        .statement(
            connection ->
                policies.load(policies.require(connection, aliases.read(connection).champion())));
  }

  private boolean freeze(
      Connection connection,
      TrainingRun run,
      Policy champion,
      long forgottenUntil,
      TimeBudget budget)
      throws SQLException {
    List<TrainingVote> newest =
        votes.newest(connection, Part.TRAIN, forgottenUntil, POOL_FACTOR * trainer.maxPairs());
    List<TrainingRating> rated = ratings.newest(connection, POOL_FACTOR * trainer.maxPairs());
    List<TrainingVote> pool = EditLimit.apply(newest, rated.size());
    if (pool.isEmpty() && rated.isEmpty()) {
      throw new UnusableException(
          newest.isEmpty()
              ? "there are no usable votes to train on"
              : "there are only edits to train on, of which a run takes one in twenty");
    }
    VoteSelection selection =
        new VoteSelection(
            trainer.userShare(), trainer.promptShare(), trainer.maxPairs(), trainer.halfLife());
    List<TrainingVote> all = selection.select(pool, Long.MAX_VALUE);
    List<TrainingRating> allRated = RatingSelection.select(selection, rated, Long.MAX_VALUE);
    TrainConfig config = config(run, all, allRated, budget);
    long maxTokens = budget.tokens(config, all.size() + allRated.size());
    List<TrainingVote> fitting = selection.select(pool, maxTokens);
    // Pairs teach more, so ratings take the time that is left.
    List<TrainingRating> trainRated =
        RatingSelection.select(
            selection,
            rated,
            fitting.isEmpty()
                ? maxTokens
                : maxTokens - fitting.stream().mapToLong(TrainingVote::tokens).sum());
    // The caps on voters and prompts may have taken others than edits.
    List<TrainingVote> train = EditLimit.apply(fitting, trainRated.size());
    // What takes too long from the base is learned on top of the champion, from the newest votes.
    boolean cut = train.size() + trainRated.size() < all.size() + allRated.size();
    boolean continued = cut && !run.fromBase() && canContinue(champion, config);
    if (cut) {
      config = config(run, train, trainRated, budget);
    }
    if (continued) {
      config = config.continued();
    }
    List<TrainingVote> selects =
        votes.newest(connection, Part.SELECT, forgottenUntil, MAX_SELECT_PAIRS);
    List<TrainingVote> selected = new ArrayList<>(train);
    selected.addAll(selects);
    selected.sort(Comparator.comparingLong(TrainingVote::seq));
    for (TrainingVote vote : selected) {
      Sql.update(
          connection,
          "INSERT INTO run_preferences (run_id, preference_id, user_id, weight, part)"
              + " VALUES (?, ?, ?, ?, ?)",
          run.id(),
          vote.preferenceId(),
          vote.user(),
          (float) vote.weight(),
          EnumNames.of(vote.part()));
    }
    RatingSelection.freeze(connection, run.id(), trainRated);
    return runs.freeze(
        connection,
        run.id(),
        new TrainingRunStore.FrozenData(
            TrainConfigFile.write(config),
            continued ? champion.version() : "v0",
            RatingSelection.hash(VoteSelection.hash(selected), trainRated),
            train.size(),
            selects.size(),
            newest.isEmpty() ? 0 : newest.getLast().seq(),
            all.size(),
            forgottenUntil));
  }

  private TrainConfig config(
      TrainingRun run, List<TrainingVote> train, List<TrainingRating> rated, TimeBudget budget) {
    long ofRatings = rated.stream().mapToLong(rating -> rating.answer().tokens()).sum();
    long tokens = Math.max(1, train.stream().mapToLong(TrainingVote::tokens).sum() + ofRatings);
    double maxEpochs = budget.maxEpochs(tokens);
    try {
      TrainConfig defaults =
          TrainConfigFile.read(
              trainer.settings(),
              TrainConfig.online(base, train.size() + rated.size(), maxEpochs)
                  .withKl(
                      new KlBudget(trainer.klStepBudget(), trainer.klBudget()),
                      trainer.klTemperature()));
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
    TrainConfig config = TrainConfigFile.read(run.config(), TrainConfig.plain());
    List<TrainingVote> stored = votes.ofRun(run.id());
    List<TrainingRating> rated = ratings.ofRun(run.id());
    List<TrainingVote> frozen =
        RatingSelection.hash(VoteSelection.hash(stored), rated).equals(hash)
            ? stored
            : EarlierSelection.parts(stored, config.validation().share(), hash)
                .orElseThrow(
                    () ->
                        new UnusableException(
                            "some of its votes were erased after they had been selected"));
    String parent = Objects.requireNonNull(run.parent());
    return new TrainingData(
        config,
        policies.load(policies.require(parent)),
        champion(),
        hash,
        frozen,
        pairs(frozen, Part.TRAIN),
        RatingSelection.examples(rated),
        pairs(frozen, Part.SELECT));
  }

  private static List<TokenPair> pairs(List<TrainingVote> votes, Part part) {
    return votes.stream()
        .filter(vote -> vote.part() == part)
        .map(TrainingDataSelector::pair)
        .toList();
  }

  /** A vote as the trainer takes it. */
  static TokenPair pair(TrainingVote vote) {
    return new TokenPair(
        vote.preferenceId(), vote.prompt(), vote.chosen(), vote.rejected(), vote.weight());
  }
}
