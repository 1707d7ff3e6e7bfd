package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.changes.GateAnswerStore;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.evidence.ForecastEvidence;
import dev.whetstone.rollout.gate.CriterionResult;
import dev.whetstone.rollout.gate.Gate;
import dev.whetstone.rollout.gate.GateMeasurement;
import dev.whetstone.rollout.gate.GateSubject;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The first step of a rollout: the gate measures the candidate beside the champion. It measures
 * again when votes came since an inconclusive judgement. Confined to the rollout loop's thread.
 */
final class GateStep {
  private static final Logger LOG = Logger.getLogger(GateStep.class);
  private static final int MAX_GATE_FAILURES = 3;

  private final Gate gate;
  private final RolloutStore rollouts;
  private final GateResultStore results;
  private final ForecastStore forecasts;
  private final TrainingRunStore runs;
  private final CandidateQueue queue;
  private final RolloutTransitions transitions;
  private final PolicyRouter router;
  private final Database database;
  private final PolicyStore policies;
  private final AliasStore aliases;
  private final RolloutConfig config;

  GateStep(
      Gate gate,
      RolloutStore rollouts,
      TrainingRunStore runs,
      CandidateQueue queue,
      RolloutTransitions transitions,
      PolicyRouter router,
      RolloutConfig config,
      InstantSource clock) {
    this.gate = gate;
    this.rollouts = rollouts;
    this.runs = runs;
    this.queue = queue;
    this.transitions = transitions;
    this.router = router;
    this.policies = router.store();
    this.database = policies.database();
    this.aliases = router.aliases();
    this.results = new GateResultStore(database);
    this.forecasts = new ForecastStore(database, gate, clock, config.duel().voteDelay());
    this.config = config;
  }

  /** Judges a rollout, if there is something new to judge; true when that decided it. */
  boolean run(Rollout rollout, Aliases now) {
    AliasStore.Promotion champion =
        database.statement(c -> aliases.lastPromotion(c, rollout.champion()));
    int votes = gate.judgedVotes(champion.at());
    if (rollout.judgedVotes() != null) {
      Optional<Transition> replaced = queue.replacement(rollout, DuelEvidence.NONE);
      if (replaced.isPresent()) {
        return transitions.apply(rollout, replaced.get(), now);
      }
      if (votes <= rollout.judgedVotes()) {
        return false;
      }
    }
    Rollout numbered =
        rollout.mode() == RolloutMode.AUTOMATIC
            ? rollouts.numbered(rollout, champion.at())
            : rollout;
    GateMeasurement measured;
    try {
      measured = gate.measure(subject(numbered, champion.at()));
    } catch (PolicyException.Refused unsound) {
      return transitions.apply(
          rollout,
          new Transition(
              RolloutStatus.REJECTED, Cause.DAMAGED, String.valueOf(unsound.getMessage())),
          now);
    } catch (DatabaseUnavailableException away) {
      throw away;
    } catch (RuntimeException failed) {
      return gateFailed(rollout, failed, now);
    }
    List<CriterionResult> rows = measured.rows();
    Transition next = Decisions.ofGate(rollout.mode(), rows);
    database.transaction(
        connection -> {
          results.save(connection, rollout.id(), rows);
          GateAnswerStore.save(connection, rollout.id(), measured.answers());
          results.note(connection, rollout.id(), 0, next == null ? votes : null);
          return rows;
        });
    if (next == null) {
      LOG.infof("%s waits for votes to be judged again: %s", rollout.candidate(), rows);
      return false;
    }
    return transitions.apply(rollout, next, now);
  }

  // An error of the gate is no verdict; after a few it ends this rollout, so that others have a
  // turn.
  private boolean gateFailed(Rollout rollout, RuntimeException failed, Aliases now) {
    if (Thread.currentThread().isInterrupted()) {
      throw failed;
    }
    int failures = rollout.gateFailures() + 1;
    LOG.warnf(
        failed,
        "the gate failed on %s, time %d of %d",
        rollout.candidate(),
        failures,
        MAX_GATE_FAILURES);
    if (failures >= MAX_GATE_FAILURES) {
      return transitions.apply(
          rollout,
          new Transition(
              RolloutStatus.INCONCLUSIVE,
              Cause.GATE_ERROR,
              "the gate failed %d times: %s".formatted(failures, failed.getMessage())),
          now);
    }
    database.transaction(
        connection -> {
          results.note(connection, rollout.id(), failures, rollout.judgedVotes());
          return failures;
        });
    return false;
  }

  private GateSubject subject(Rollout rollout, Instant championSince) {
    PolicyRecord row = policies.require(rollout.candidate());
    String run = row.provenance().runId();
    String runMetrics = run == null ? "{}" : runs.find(run).map(TrainingRun::metrics).orElse("{}");
    Policy candidate = router.verify(row);
    Policy champion = router.resolve(rollout.champion());
    return new GateSubject(
        candidate,
        champion,
        run,
        runMetrics,
        championSince,
        rollout.mode() == RolloutMode.AUTOMATIC
            ? proof(rollout, candidate, champion, championSince)
            : null);
  }

  private GateSubject.Proof proof(
      Rollout rollout, Policy candidate, Policy champion, Instant championSince) {
    ForecastEvidence votes = forecasts.take(rollout.id(), candidate, champion, championSince);
    return new GateSubject.Proof(
        votes.eValue(),
        votes.mirrored(),
        votes.conversations(),
        Decisions.threshold(config.duel(), rollout));
  }
}
