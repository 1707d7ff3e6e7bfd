package dev.whetstone.gateway.learning;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.rollout.Rollout;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.WaitingCandidate;
import dev.whetstone.rollout.Watch;
import dev.whetstone.training.LearningStore;
import dev.whetstone.training.Pool;
import dev.whetstone.training.RunHistory;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.worker.NextRun;
import dev.whetstone.training.worker.TrainerConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Gathers the state of the learning from the tables of pool, runs and rollouts. */
@Singleton
final class LearningService {
  private final Database database;
  private final TrainerConfig trainer;

  @Inject
  LearningService(Database database, TrainerConfig trainer) {
    this.database = database;
    this.trainer = trainer;
  }

  LearningStore store(ServedModel model) {
    return new LearningStore(database, model.runs().baseHash());
  }

  LearningView view(ServedModel model) {
    TrainingRunStore runs = model.runs();
    Rollouts rollouts = model.rollouts();
    TrainingVotes votes = new TrainingVotes(database, runs.baseHash());
    Pool pool = Pool.read(votes, runs);
    Optional<LearningStore.Pause> pause = store(model).pause();
    Optional<TrainingRun> run = runs.active();
    Optional<Rollout> rollout = rollouts.store().active();
    Optional<WaitingCandidate> waiting = rollouts.waiting().stream().findFirst();
    List<Watch> watches = rollouts.watches().active();
    Long next = trainer.votes() > 0 ? (Long) pool.nextRunAt(trainer.votes()) : null;
    return new LearningView(
        pause.map(p -> new LearningView.Pause(p.reason(), p.actor(), p.at())).orElse(null),
        LearningView.Pool.of(pool.counts(), pool.ratings(), votes.ofOtherBases()),
        pause
            .map(p -> "learning is paused: " + p.reason())
            .orElseGet(
                () ->
                    Stream.of(
                            rollout.map(r -> DecisionFigures.waitsFor(rollouts, r)),
                            waiting.map(w -> w.candidate().version() + ": " + w.reason()),
                            Optional.of(waitingForRun(run, pool, next, runs.history().failures())))
                        .flatMap(Optional::stream)
                        .collect(Collectors.joining("; "))),
        next,
        LearningView.NextRun.of(NextRun.estimate(votes, runs, trainer, model.config())),
        run.map(
                r ->
                    new LearningView.Run(
                        r.id(), r.status().label(), r.pairs(), r.validationPairs()))
            .orElse(null),
        candidate(rollout, waiting),
        rollout.flatMap(r -> DecisionFigures.duel(rollouts, r)).orElse(null),
        DecisionFigures.watch(rollouts, watches).orElse(null),
        DecisionFigures.winRate(watches).orElse(null),
        DecisionFigures.last(rollouts, lastEnded(runs)).orElse(null));
  }

  private static LearningView.@Nullable Candidate candidate(
      Optional<Rollout> rollout, Optional<WaitingCandidate> waiting) {
    return rollout
        .map(r -> new LearningView.Candidate(r.candidate(), r.id(), r.status().label(), r.reason()))
        .or(
            () ->
                waiting.map(
                    w ->
                        new LearningView.Candidate(
                            w.candidate().version(),
                            w.candidate().rolloutId(),
                            WaitingCandidate.STATUS,
                            w.reason())))
        .orElse(null);
  }

  // Runs end in the order of their numbers, and only the newest may be under way.
  private static Optional<TrainingRun> lastEnded(TrainingRunStore runs) {
    return runs.page(null, 2).stream().filter(run -> run.finishedAt() != null).findFirst();
  }

  private static String waitingForRun(
      Optional<TrainingRun> run, Pool pool, @Nullable Long next, RunHistory.Failures failures) {
    if (run.isPresent()) {
      return run.get().status() == RunStatus.QUEUED
          ? "the trainer, which has a run to begin"
          : "the end of a run on %d pairs".formatted(run.get().pairs());
    }
    if (next == null) {
      return "a call of POST /training/runs or the schedule";
    }
    long missing = next - pool.size();
    if (missing > 0) {
      return "%d more usable votes for the next run".formatted(missing);
    }
    return failures.count() > 0
        ? "the next attempt after %d failed runs; GET /training/runs has the reasons"
            .formatted(failures.count())
        : "the trainer, which has enough votes for a run";
  }
}
