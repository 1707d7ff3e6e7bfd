package dev.whetstone.gateway.policies;

import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.Watch;
import dev.whetstone.rollout.changes.ChangesReader;
import dev.whetstone.rollout.changes.VersionChanges;
import dev.whetstone.serving.GatewayStatusStore;
import dev.whetstone.serving.PolicyRouter;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the versions of the served model, and what each gateway serves of them. */
@Singleton
final class PolicyService {
  private final GatewayState serving;

  @Inject
  PolicyService(GatewayState serving) {
    this.serving = serving;
  }

  /** Versions, newest first. */
  Paging.Slice<PolicyView> page(int limit, @Nullable String cursor) {
    PolicyRouter policies = serving.model().policies();
    long before = Paging.before(cursor);
    var page =
        Paging.read(
            limit, size -> policies.store().page(before, size), row -> row.version().substring(1));
    Aliases aliases = aliases(policies);
    Map<String, Watch> overBase =
        serving.model().rollouts().watches().overBase().stream()
            .collect(Collectors.toMap(Watch::champion, Function.identity()));
    List<PolicyView> views =
        page.rows().stream()
            .map(row -> PolicyView.of(row, aliases, overBase.get(row.version())))
            .toList();
    return new Paging.Slice<>(views, page.next());
  }

  /** What each gateway serves, and the reason if that differs from the aliases. */
  List<GatewayStatusStore.Report> gateways() {
    return serving.model().policies().statusStore().all();
  }

  /**
   * A version by its name, hash or alias.
   *
   * @throws PolicyException.Unknown when there is none
   */
  PolicyView get(String name) {
    PolicyRouter policies = serving.model().policies();
    Aliases aliases = aliases(policies);
    PolicyRecord row = row(policies, aliases, name);
    Watch watch = serving.model().rollouts().watches().overBase(row.version()).orElse(null);
    return PolicyView.of(row, aliases, watch);
  }

  /**
   * What a version writes differently from its parent and from v0.
   *
   * @throws PolicyException.Unknown when there is no such version
   */
  VersionChanges changes(String name) {
    PolicyRouter policies = serving.model().policies();
    PolicyRecord row = row(policies, aliases(policies), name);
    return new ChangesReader(policies.store().database())
        .read(row.version(), row.provenance().parent());
  }

  private static PolicyRecord row(PolicyRouter policies, Aliases aliases, String name) {
    return policies
        .store()
        .find(aliases.resolve(name))
        .orElseThrow(() -> new PolicyException.Unknown(name));
  }

  private static Aliases aliases(PolicyRouter policies) {
    return policies.store().database().statement(policies.aliases()::read);
  }
}
