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
import java.util.Arrays;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Changes the champion, and responds when this gateway serves the new one. */
@Singleton
final class ChampionService {
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
  private interface Change {
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
   * Makes a version the champion, only once per Idempotency-Key, and responds with the champion.
   *
   * @param version its name, hash or alias
   */
  Response promote(@Nullable String key, String version, @Nullable String reason) {
    return run(
        key,
        "promote",
        version,
        reason,
        new Change() {
          @Override
          public void prepare(PolicyRouter policies, Aliases now) {
            PolicyRecord row = policies.store().require(now.resolve(version));
            if (!row.version().equals(now.champion())) {
              policies.verify(row);
            }
          }

          @Override
          public AliasStore.AliasChange apply(
              PolicyRouter policies, Connection connection, Aliases seen, ChangeContext by)
              throws SQLException {
            AliasStore aliases = policies.aliases();
            aliases.lock(connection);
            if (aliases.rolledBackSince(connection, seen.revision())) {
              throw ProblemException.of(
                  409, "rolled_back_meanwhile", "a rollback was made while this was prepared");
            }
            return aliases.promote(connection, seen.resolve(version), by);
          }
        });
  }

  /**
   * Rolls back, only once per Idempotency-Key, and responds with the champion.
   *
   * @param to name, hash or alias of the version; null for the previous champion
   */
  Response rollBack(@Nullable String key, @Nullable String to, String reason) {
    return run(
        key,
        "rollback",
        to,
        reason,
        new Change() {
          @Override
          public void prepare(PolicyRouter policies, Aliases now) {
            String target = target(now);
            if (target != null) {
              policies.resolve(policies.store().require(target).hash());
            }
          }

          // Whatever was promoted since, the rollback goes where it was meant to go.
          @Override
          public AliasStore.AliasChange apply(
              PolicyRouter policies, Connection connection, Aliases seen, ChangeContext by)
              throws SQLException {
            return policies.aliases().rollBack(connection, target(seen), by);
          }

          private @Nullable String target(Aliases now) {
            return to == null ? now.previous() : now.resolve(to);
          }
        });
  }

  /**
   * Makes a change, only once per Idempotency-Key, and responds with the champion.
   *
   * @param action its name
   * @param target as the request named it; null where it named none
   */
  private Response run(
      @Nullable String key,
      String action,
      @Nullable String target,
      @Nullable String reason,
      Change change) {
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
            Arrays.asList(action, target, reason),
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
        "%s%s by %s: %s"
            .formatted(
                action,
                target == null ? "" : " " + target,
                actor,
                reason == null ? "no reason given" : reason)
            .replaceAll("\\p{Cntrl}", " "));
    return answer;
  }
}
