package dev.whetstone.gateway.policies;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.http.IdempotentCalls;
import dev.whetstone.gateway.http.IdempotentCalls.Result;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.ServingState;
import dev.whetstone.policy.AliasLog;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.By;
import dev.whetstone.policy.PolicyRow;
import dev.whetstone.serving.ActivePolicies;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Changes the champion; the answer comes when this gateway serves what it says. */
@Singleton
final class AliasChanges {
  static final int LONGEST_REASON = 500;

  @Inject ServingState serving;
  @Inject IdempotentCalls calls;
  @Inject SecurityIdentity identity;

  /** What is done within the transaction. */
  interface Change {
    AliasLog.Flip apply(ActivePolicies policies, Connection connection, By by) throws SQLException;
  }

  /**
   * Does a change, with an Idempotency-Key only once, and answers with the champion.
   *
   * @param request everything the answer depends on
   */
  Response run(@Nullable String key, String request, @Nullable String reason, Change change) {
    ActivePolicies policies = serving.model().policies();
    Database database = policies.store().database();
    String actor = identity.getPrincipal().getName();
    Response answer =
        calls.run(
            database,
            actor,
            key,
            request + "\n" + reason,
            connection -> {
              Aliases now = change.apply(policies, connection, new By(actor, reason)).aliases();
              PolicyRow champion = policies.store().require(connection, now.champion());
              return new Result(200, PolicyView.of(champion, now));
            });
    policies.reconcile();
    return answer;
  }

  /**
   * A reason that is fit to be kept.
   *
   * @throws ProblemException 400 when it is missing, blank or too long
   */
  static String reason(@Nullable String reason) {
    if (reason == null || reason.isBlank() || reason.length() > LONGEST_REASON) {
      throw ProblemException.badField(
          "reason", "invalid_field", "reason has 1 to " + LONGEST_REASON + " characters");
    }
    return reason;
  }
}
