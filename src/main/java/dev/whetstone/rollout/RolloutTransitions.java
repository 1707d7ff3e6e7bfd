package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.serving.PolicyRouter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Changes a rollout's status together with the version's status and the aliases, in one short
 * transaction, provided that they are as the decision found them. Any thread may call it.
 */
final class RolloutTransitions {
  private static final Logger LOG = Logger.getLogger(RolloutTransitions.class);

  private final RolloutStore rollouts;
  private final PolicyRouter router;
  private final Database database;
  private final PolicyStore policies;
  private final AliasStore aliases;

  RolloutTransitions(RolloutStore rollouts, PolicyRouter router) {
    this.rollouts = rollouts;
    this.router = router;
    this.policies = router.store();
    this.database = policies.database();
    this.aliases = router.aliases();
  }

  /**
   * Applies a decision that was based on these aliases; a promotion's version is loaded before.
   * False when another decision was faster, or the aliases are no longer these.
   */
  boolean apply(Rollout rollout, Transition next, Aliases seen) {
    if (next.to() == RolloutStatus.PROMOTED && !seen.champion().equals(rollout.candidate())) {
      Promoter.prepare(router, rollout.candidate(), seen);
    }
    return apply(rollout, next, RolloutController.ACTOR, Optional.of(seen));
  }

  /** Ends a rollout at an operator's wish; false when another decision was faster. */
  boolean apply(Rollout rollout, Transition next, String actor) {
    return apply(rollout, next, actor, Optional.empty());
  }

  /**
   * Changes a rollout's status together with the version's status and the aliases; false when
   * another decision was faster, or the aliases are no longer those that it was based on.
   */
  private boolean apply(Rollout rollout, Transition next, String actor, Optional<Aliases> seen) {
    ChangeContext by = new ChangeContext(actor, next.reason());
    boolean done =
        database.transaction(
            connection -> {
              Aliases now = aliases.lock(connection);
              if (seen.isPresent() && seen.get().revision() != now.revision()) {
                return false;
              }
              boolean moved = rollouts.transition(connection, rollout, next, actor);
              if (moved) {
                updatePolicy(connection, rollout, next.to(), by);
              }
              return moved;
            });
    if (done) {
      LOG.infof(
          "%s against %s: %s, %s %s",
          rollout.candidate(),
          rollout.champion(),
          next.to().label(),
          next.reason(),
          next.numbers());
    } else {
      LOG.infof(
          "%s against %s is not %s: versions were changed meanwhile",
          rollout.candidate(), rollout.champion(), next.to().label());
    }
    return done;
  }

  private void updatePolicy(
      Connection connection, Rollout rollout, RolloutStatus to, ChangeContext by)
      throws SQLException {
    String candidate = rollout.candidate();
    switch (to) {
      case GATING, ROLLED_BACK ->
          throw new IllegalArgumentException("no step of a rollout leads to " + to.label());
      case DUELLING -> {
        policies.setStatus(connection, candidate, PolicyStatus.CANDIDATE, by);
        aliases.setCandidate(connection, candidate, by);
        rollouts.beginAttempt(
            connection,
            rollout,
            aliases.lastPromotion(connection, rollout.champion()).at(),
            EvidenceStore.newestVote(connection));
      }
      case AWAITING_APPROVAL -> policies.setStatus(connection, candidate, PolicyStatus.READY, by);
      case PROMOTED -> aliases.promote(connection, candidate, by);
      case REJECTED, ABORTED -> withdraw(connection, candidate, PolicyStatus.REJECTED, by);
      case INCONCLUSIVE, SUPERSEDED, CANCELLED ->
          withdraw(connection, candidate, PolicyStatus.HELD, by);
    }
  }

  private void withdraw(
      Connection connection, String candidate, PolicyStatus status, ChangeContext by)
      throws SQLException {
    Aliases now = aliases.read(connection);
    if (Objects.equals(now.candidate(), candidate)) {
      aliases.setCandidate(connection, null, by);
    }
    if (!now.champion().equals(candidate)) {
      policies.setStatus(connection, candidate, status, by);
    }
  }
}
