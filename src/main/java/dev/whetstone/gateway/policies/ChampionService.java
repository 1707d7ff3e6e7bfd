package dev.whetstone.gateway.policies;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.http.IdempotencyService;
import dev.whetstone.gateway.http.IdempotencyService.Result;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.serving.PolicyRouter;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.sql.Connection;
import java.sql.SQLException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Changes the champion, and responds when this gateway serves the new one. */
@Singleton
final class ChampionService {
  static final int MAX_REASON_LENGTH = 500;

  private static final Logger LOG = Logger.getLogger(ChampionService.class);

  private final GatewayState serving;
  private final IdempotencyService idempotency;
  private final SecurityIdentity identity;

  @Inject
  ChampionService(GatewayState serving, IdempotencyService idempotency, SecurityIdentity identity) {
    this.serving = serving;
    this.idempotency = idempotency;
    this.identity = identity;
  }

  /**
   * A change of the aliases in two steps: the version is loaded, staged and tried outside any
   * transaction, then the aliases flip in a short one.
   */
  interface Change {
    /** Readies the version that is to serve, given the present aliases. */
    void prepare(PolicyRouter policies, Aliases now);

    /**
     * Makes the change within the transaction.
     *
     * @param seen the aliases that it was prepared with
     */
    AliasStore.AliasChange apply(
        PolicyRouter policies, Connection connection, Aliases seen, ChangeContext by)
        throws SQLException;
  }

  /**
   * Makes a change, only once per Idempotency-Key, and responds with the champion.
   *
   * @param request everything the response depends on, except the reason
   */
  Response run(@Nullable String key, String request, @Nullable String reason, Change change) {
    PolicyRouter policies = serving.model().policies();
    Database database = policies.store().database();
    String actor = identity.getPrincipal().getName();
    Aliases seen = database.statement(policies.aliases()::read);
    if (!idempotency.isRepeated(database, actor, key)) {
      change.prepare(policies, seen);
    }
    Response answer =
        idempotency.run(
            database,
            actor,
            key,
            request + "\n" + reason,
            connection -> {
              Aliases now =
                  change
                      .apply(policies, connection, seen, new ChangeContext(actor, reason))
                      .aliases();
              PolicyRecord champion = policies.store().require(connection, now.champion());
              return new Result(200, PolicyView.of(champion, now));
            });
    policies.reconcile();
    LOG.info(
        "%s by %s: %s"
            .formatted(request, actor, reason == null ? "no reason given" : reason)
            .replaceAll("\\p{Cntrl}", " "));
    return answer;
  }

  /**
   * Checks a required reason.
   *
   * @throws ProblemException 400 when it is missing, blank or too long
   */
  static String requireReason(@Nullable String reason) {
    if (reason == null || reason.isBlank() || reason.length() > MAX_REASON_LENGTH) {
      throw ProblemException.invalidField(
          "reason", "reason must have 1 to " + MAX_REASON_LENGTH + " characters");
    }
    return reason;
  }
}
