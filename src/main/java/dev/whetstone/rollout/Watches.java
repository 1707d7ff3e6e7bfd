package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.dpo.evaluation.ClusteredMean;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.EvidenceStore.Comparison;
import dev.whetstone.rollout.EvidenceStore.Counts;
import dev.whetstone.rollout.EvidenceStore.Scored;
import dev.whetstone.rollout.duel.Arm;
import dev.whetstone.rollout.duel.GuardrailViolation;
import dev.whetstone.rollout.evidence.BettingInterval;
import dev.whetstone.rollout.evidence.VoteEvidence;
import dev.whetstone.rollout.evidence.WatchRule;
import dev.whetstone.serving.PolicyRouter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Watches the champion after its promotion, by pairs with its predecessor and with v0. Proof that
 * the predecessor is better, or a guard-rail, rolls back. Evidence starts at zero: the duel's was
 * selected. Confined to the leader's thread.
 */
final class Watches {
  private static final Logger LOG = Logger.getLogger(Watches.class);
  private static final double ALPHA = 0.05;

  private final WatchStore store;
  private final RolloutStore rollouts;
  private final ArmMetricsStore metrics;
  private final EvidenceStore evidence;
  private final Database database;
  private final PolicyStore policies;
  private final AliasStore aliases;
  private final PolicyRouter router;
  private final RolloutConfig config;

  Watches(
      WatchStore store,
      RolloutStore rollouts,
      ArmMetricsStore metrics,
      EvidenceStore evidence,
      PolicyRouter router,
      RolloutConfig config) {
    this.store = store;
    this.rollouts = rollouts;
    this.metrics = metrics;
    this.evidence = evidence;
    this.policies = router.store();
    this.database = policies.database();
    this.aliases = router.aliases();
    this.router = router;
    this.config = config;
  }

  /**
   * Opens and ends watches as the aliases say, admits votes, and rolls back where they prove it.
   *
   * @param mayDecide false while decisions are held
   * @return whether the aliases were changed
   */
  boolean step(boolean mayDecide) {
    if (config.watch().share() <= 0 && config.watch().firstShare() <= 0) {
      return false;
    }
    Aliases now = database.statement(aliases::read);
    boolean changed = false;
    for (Watch watch : database.<List<Watch>>transaction(connection -> follow(connection, now))) {
      changed |= evaluate(watch, now, mayDecide);
    }
    return changed;
  }

  /** Makes the watches those of the present champion; most often they are so already. */
  private List<Watch> follow(Connection connection, Aliases now) throws SQLException {
    PolicyRecord champion = policies.require(connection, now.champion());
    long promotion = aliases.lastPromotion(connection, champion.version()).revision();
    List<Watch> active = store.active(connection);
    List<String> wanted =
        champion.version().equals("v0")
            ? List.of()
            : Stream.of(now.previous(), "v0").flatMap(Stream::ofNullable).distinct().toList();
    List<Watch> kept =
        active.stream()
            .filter(
                watch ->
                    watch.championHash().equals(champion.hash())
                        && watch.promotion() == promotion
                        && wanted.contains(watch.against()))
            .toList();
    if (kept.size() == wanted.size() && kept.size() == active.size()) {
      return kept;
    }
    for (Watch watch : active) {
      if (!kept.contains(watch)) {
        store.end(connection, watch, "the champion changed");
      }
    }
    for (String against : wanted) {
      if (kept.stream().noneMatch(watch -> watch.against().equals(against))) {
        store.open(
            connection,
            champion,
            policies.require(connection, against),
            against.equals(now.previous()),
            promotion,
            EvidenceStore.newestVote(connection));
      }
    }
    return store.active(connection);
  }

  private boolean evaluate(Watch watch, Aliases now, boolean mayDecide) {
    VoteEvidence votes = database.transaction(connection -> count(connection, watch));
    if (!mayDecide || !watch.ofPredecessor()) {
      return false;
    }
    if (new WatchRule(config.watch().evidence()).isWorse(votes)) {
      return rollBack(
          watch,
          now,
          Map.of(
              "wins", (double) votes.wins(),
              "losses", (double) votes.losses(),
              "evidence", votes.mirrored().eValue()),
          String.format(
              Locale.ROOT,
              "%d votes for it, %d for its predecessor %s, e-value %.1f",
              votes.wins(),
              votes.losses(),
              watch.against(),
              votes.mirrored().eValue()));
    }
    List<GuardrailViolation> alarms =
        config
            .duel()
            .thresholds()
            .violations(
                DuelTracker.metrics(metrics, watch, Arm.CANDIDATE),
                DuelTracker.metrics(metrics, watch, Arm.CHAMPION));
    return !alarms.isEmpty()
        && rollBack(
            watch,
            now,
            alarms.stream()
                .collect(Collectors.toMap(GuardrailViolation::name, GuardrailViolation::number)),
            alarms.stream().map(GuardrailViolation::describe).collect(Collectors.joining("; ")));
  }

  private VoteEvidence count(Connection connection, Watch watch) throws SQLException {
    Comparison about =
        new Comparison(watch.id(), watch.championHash(), watch.againstHash(), watch.after());
    if (evidence.admit(connection, about) == 0) {
      return watch.evidence();
    }
    Counts counts = EvidenceStore.counts(connection, watch.id());
    store.save(connection, watch, counts, winRate(EvidenceStore.scores(connection, watch.id())));
    return new VoteEvidence(counts.wins(), counts.losses());
  }

  /**
   * The win rate with ties as a half: the betting interval, widened to that of the mean with voters
   * as clusters where there are several, because one voter's votes are alike.
   */
  static Watch.@Nullable WinRate winRate(List<Scored> scores) {
    if (scores.isEmpty()) {
      return null;
    }
    double[] values = scores.stream().mapToDouble(Scored::score).toArray();
    BettingInterval.Bounds bounds = BettingInterval.of(ALPHA, values);
    List<String> voters = scores.stream().map(score -> Integer.toString(score.voter())).toList();
    List<String> each = IntStream.range(0, values.length).mapToObj(Integer::toString).toList();
    ClusteredMean mean = ClusteredMean.of(values, each, voters);
    double half =
        Collections.frequency(voters, voters.getFirst()) == voters.size()
            ? 0
            : mean.halfWidth(ALPHA);
    return new Watch.WinRate(
        mean.mean(),
        Math.max(0, Math.min(bounds.low(), mean.mean() - half)),
        Math.min(1, Math.max(bounds.high(), mean.mean() + half)),
        values.length);
  }

  private boolean rollBack(
      Watch watch, Aliases now, Map<String, Double> numbers, String description) {
    String reason = "watch: " + description;
    Promoter back = Promoter.prepare(router, watch.against(), now);
    ChangeContext by = new ChangeContext(RolloutController.ACTOR, reason);
    Optional<Aliases> changed =
        database.transaction(
            connection -> {
              if (!back.stands(connection, aliases)) {
                return Optional.empty();
              }
              store.end(connection, watch, WatchStore.ROLLED_BACK + description);
              rollouts.markRolledBack(
                  connection,
                  watch.champion(),
                  new Transition(RolloutStatus.ROLLED_BACK, Cause.WATCH, reason, numbers),
                  RolloutController.ACTOR);
              return Optional.of(aliases.rollBack(connection, watch.against(), by).aliases());
            });
    changed.ifPresent(
        aliases ->
            LOG.warnf("rolled back %s to %s, %s", watch.champion(), watch.against(), reason));
    return changed.isPresent();
  }
}
