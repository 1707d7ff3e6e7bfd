package dev.whetstone.gateway.policies;

import dev.whetstone.gateway.http.IdempotencyService;
import dev.whetstone.gateway.http.IdempotencyService.Result;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.Rollout;
import dev.whetstone.rollout.RolloutMode;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.WaitingCandidate;
import dev.whetstone.serving.PolicyRouter;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Opens, finds and cancels rollouts of the served model; a candidate that waits is one, too. */
@Singleton
final class RolloutService {
  private final GatewayState serving;
  private final IdempotencyService idempotency;

  @Inject
  RolloutService(GatewayState serving, IdempotencyService idempotency) {
    this.serving = serving;
    this.idempotency = idempotency;
  }

  /**
   * A rollout to open.
   *
   * @param share fraction of pairs in the duel, in (0, 1]; null for the setting
   * @param mode null for the setting
   */
  record Opening(String policy, @Nullable Double share, @Nullable RolloutMode mode) {}

  /** Rollouts, newest first; the first page begins with the candidates that wait. */
  Paging.Slice<RolloutView> page(int limit, @Nullable String cursor) {
    long before = Paging.before(cursor);
    Rollouts rollouts = rollouts();
    var page =
        Paging.read(
            limit,
            size -> rollouts.store().page(before, size),
            rollout -> Long.toString(rollout.seq()));
    Stream<WaitingCandidate> waiting = cursor == null ? rollouts.waiting().stream() : Stream.of();
    List<RolloutView> views =
        Stream.concat(
                waiting.map(candidate -> RolloutView.queued(candidate, rollouts.config())),
                page.rows().stream().map(row -> RolloutView.of(row, rollouts)))
            .toList();
    return new Paging.Slice<>(views, page.next());
  }

  /**
   * One rollout.
   *
   * @throws ProblemException 404 when there is none with this id
   */
  RolloutView get(String id) {
    Rollouts rollouts = rollouts();
    return waiting(rollouts, id)
        .map(waiting -> RolloutView.queued(waiting, rollouts.config()))
        .orElseGet(() -> RolloutView.of(rollout(rollouts, id), rollouts));
  }

  /** Opens a rollout, only once per Idempotency-Key; 409 when a rollout is active. */
  Response open(@Nullable String key, Opening opening, ChangeContext by) {
    Rollouts rollouts = rollouts();
    PolicyRouter policies = serving.model().policies();
    double share = opening.share == null ? rollouts.config().duel().share() : opening.share;
    RolloutMode mode = opening.mode == null ? rollouts.config().mode() : opening.mode;
    return idempotency.run(
        policies.store().database(),
        by.actor(),
        key,
        Arrays.asList("rollout", opening.policy, mode, share, by.reason()),
        connection ->
            rollouts
                .open(connection, candidate(policies, connection, opening.policy), mode, share, by)
                .map(rollout -> new Result(201, RolloutView.opened(rollout, rollouts, by)))
                .orElseThrow(RolloutService::refused));
  }

  private static PolicyRecord candidate(PolicyRouter policies, Connection connection, String name)
      throws SQLException {
    String version = policies.aliases().read(connection).resolve(name);
    return policies.store().require(connection, version);
  }

  private static ProblemException refused() {
    return ProblemException.of(
        409, "rollout_refused", "another rollout is active, or this version is the champion");
  }

  /** Cancels a rollout, or takes a candidate that waits out of the queue. */
  RolloutView cancel(String id, ChangeContext by) {
    Rollouts rollouts = rollouts();
    boolean waited =
        waiting(rollouts, id).map(waiting -> rollouts.cancel(waiting, by)).orElse(false);
    if (!waited) {
      rollouts.cancel(rollout(rollouts, id), by);
    }
    return get(id);
  }

  private static Optional<WaitingCandidate> waiting(Rollouts rollouts, String id) {
    return rollouts.waiting().stream()
        .filter(waiting -> waiting.candidate().rolloutId().equals(id))
        .findFirst();
  }

  private static Rollout rollout(Rollouts rollouts, String id) {
    return rollouts
        .store()
        .find(id)
        .orElseThrow(
            () -> ProblemException.of(404, "unknown_rollout", "there is no rollout '" + id + "'"));
  }

  private Rollouts rollouts() {
    return serving.model().rollouts();
  }
}
