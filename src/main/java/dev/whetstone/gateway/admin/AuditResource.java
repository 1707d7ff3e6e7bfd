package dev.whetstone.gateway.admin;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Lists audited actions: who did what, when, to which version. */
@Path("/audit")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class AuditResource {
  private final Database database;

  @Inject
  AuditResource(Database database) {
    this.database = database;
  }

  /** An audited action. */
  public record Row(
      String id,
      Instant at,
      String actor,
      String action,
      String subject,
      @Nullable String version,
      @Schema(implementation = Map.class) @JsonRawValue String detail) {}

  /** A page, newest first; {@code next} is the cursor of the following page, or null. */
  public record Page(List<Row> items, @Nullable String next) {}

  @GET
  @Operation(summary = "Lists who changed what and when, newest first")
  @RunOnVirtualThread
  public Page list(
      @QueryParam("limit") @DefaultValue("100") String limit,
      @QueryParam("cursor") @Nullable String cursor,
      @QueryParam("actor") @Nullable String actor,
      @QueryParam("action") @Nullable String action,
      @QueryParam("subject") @Nullable String subject,
      @QueryParam("version") @Nullable String version) {
    Audit.Filter filter =
        new Audit.Filter(
            Parameters.text("actor", actor),
            Parameters.text("action", action),
            Parameters.text("subject", subject),
            Parameters.text("version", version));
    long before = Paging.before(cursor);
    var page =
        Paging.read(
            Paging.limit(limit),
            size -> Audit.pageBefore(database, before, filter, size),
            entry -> Long.toString(entry.id()));
    return new Page(page.rows().stream().map(AuditResource::row).toList(), page.next());
  }

  private static Row row(Audit.Entry entry) {
    return new Row(
        Long.toString(entry.id()),
        entry.at(),
        entry.actor(),
        entry.action(),
        entry.subject(),
        entry.version(),
        entry.detail());
  }
}
