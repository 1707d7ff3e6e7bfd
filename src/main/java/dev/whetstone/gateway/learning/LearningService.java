package dev.whetstone.gateway.learning;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.rollout.Rollout;
import dev.whetstone.training.LearningStore;
import dev.whetstone.training.Pool;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.worker.TrainerConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
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
    Pool pool = Pool.read(new TrainingVotes(database, runs.baseHash()), runs);
    Optional<LearningStore.Pause> pause = store(model).pause();
    Optional<TrainingRun> run = runs.active();
    Optional<Rollout> rollout = model.rollouts().store().active();
    Long next = trainer.votes() > 0 ? (Long) pool.nextRunAt(trainer.votes()) : null;
    return new LearningView(
        pause.map(p -> new LearningView.Pause(p.reason(), p.actor(), p.at())).orElse(null),
        LearningView.Pool.of(pool.counts()),
        waitingFor(pause, run, rollout, pool, next, runs.failures()),
        next,
        run.map(
                r ->
                    new LearningView.Run(
                        r.id(), r.status().label(), r.pairs(), r.validationPairs()))
            .orElse(null),
        rollout
            .map(r -> new LearningView.Candidate(r.candidate(), r.id(), r.status().label()))
            .orElse(null),
        rollout.flatMap(r -> DecisionFigures.duel(model.rollouts(), r)).orElse(null),
        DecisionFigures.watch(model.rollouts()).orElse(null),
        DecisionFigures.winRate(model.rollouts()).orElse(null),
        lastDecision(model));
  }

  private static String waitingFor(
      Optional<LearningStore.Pause> pause,
      Optional<TrainingRun> run,
      Optional<Rollout> rollout,
      Pool pool,
      @Nullable Long next,
      TrainingRunStore.Failures failures) {
    if (pause.isPresent()) {
      return "learning is paused: " + pause.get().reason();
    }
    if (run.isPresent()) {
      return run.get().status() == RunStatus.QUEUED
          ? "the trainer, which has a run to begin"
          : "the end of a run on %d pairs".formatted(run.get().pairs());
    }
    if (rollout.isPresent()) {
      return "the end of the rollout of %s, which is %s"
          .formatted(rollout.get().candidate(), rollout.get().status().label());
    }
    if (next == null) {
      return "a call of POST /training/runs or the schedule";
    }
    long missing = next - pool.counts().usable();
    if (missing > 0) {
      return "%d more usable votes".formatted(missing);
    }
    return failures.count() > 0
        ? "the next attempt after %d failed runs; GET /training/runs has the reasons"
            .formatted(failures.count())
        : "the trainer, which has enough votes for a run";
  }

  private static LearningView.@Nullable LastDecision lastDecision(ServedModel model) {
    Optional<TrainingRun> run =
        model.runs().page(null, 2).stream().filter(r -> r.finishedAt() != null).findFirst();
    Optional<Rollout> rollout =
        model.rollouts().store().page(null, 2).stream()
            .filter(r -> r.endedAt() != null)
            .findFirst();
    Instant ofRun = run.map(TrainingRun::finishedAt).orElse(Instant.MIN);
    Instant ofRollout = rollout.map(Rollout::endedAt).orElse(Instant.MIN);
    if (rollout.isPresent() && !ofRollout.isBefore(ofRun)) {
      Rollout ended = rollout.get();
      return new LearningView.LastDecision(
          ended.id(), ended.status().label(), ended.reason(), ofRollout);
    }
    return run.map(
            r -> new LearningView.LastDecision(r.id(), r.status().label(), r.reason(), ofRun))
        .orElse(null);
  }
}
