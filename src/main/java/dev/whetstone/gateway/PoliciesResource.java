package dev.whetstone.gateway;

import dev.whetstone.gateway.security.Role;
import dev.whetstone.policy.Policy;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The policy versions that can be served. */
@Path("/policies")
@RolesAllowed(Role.OPERATOR_ROLE)
public class PoliciesResource {
  @Inject ServingState serving;

  /** A version and where it comes from. */
  public record Row(
      String version,
      String hash,
      List<String> aliases,
      @Nullable String parent,
      @Nullable String runId,
      Instant createdAt) {}

  /** A page; {@code next} is the cursor of the one after it, or null. */
  public record Page(List<Row> items, @Nullable String next) {}

  @GET
  public Page list() {
    LoadedModel model = serving.model();
    return new Page(List.of(row(model, model.base())), null);
  }

  @GET
  @Path("{version}")
  public Row get(@PathParam("version") String version) {
    LoadedModel model = serving.model();
    return row(model, model.policy(version));
  }

  private static Row row(LoadedModel model, Policy policy) {
    return new Row(
        policy.version(), policy.hash(), List.of("champion"), null, null, model.importedAt());
  }
}
