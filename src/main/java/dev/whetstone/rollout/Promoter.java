package dev.whetstone.rollout;

import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.serving.PolicyRouter;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * The first half of a change of the champion: the version is loaded, staged and tried outside any
 * transaction. The second half is a short transaction in which {@link #stands} must hold, so that
 * whoever changed the aliases meanwhile, an operator's rollback above all, has won.
 *
 * @param revision of the aliases when it was prepared
 */
record Promoter(String version, long revision) {
  /**
   * Prepares a version.
   *
   * @param seen the aliases that the decision was based on
   * @throws dev.whetstone.policy.PolicyException.Refused when it is damaged or does not fit
   */
  static Promoter prepare(PolicyRouter router, String version, Aliases seen) {
    PolicyStore store = router.store();
    Policy tried = router.verify(store.require(version));
    return new Promoter(tried.version(), seen.revision());
  }

  /** Whether the aliases are as they were; locks them until the transaction ends. */
  boolean stands(Connection connection, AliasStore aliases) throws SQLException {
    return aliases.lock(connection).revision() == revision;
  }
}
