package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.ExportLimit;
import dev.whetstone.gateway.http.JsonLines;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.PreferenceFilter;
import dev.whetstone.preference.bulk.PreferenceReader.Order;
import dev.whetstone.preference.trl.TrlFormat;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Reads the preference log, page by page or as a JSON Lines file. */
@Path("/preferences")
@RolesAllowed({Role.RATER_ROLE, Role.TRAINER_ROLE})
public class VoteExportResource {
  private static final String DEFAULT_LIMIT = "100";

  /** Format of the response. */
  private enum Format {
    JSON,
    JSONL
  }

  /** Query parameters that shape the page or file. */
  public static final class OutputParameters {
    @QueryParam("format")
    @Parameter(
        description =
            "json gives pages, jsonl the export; Accept: application/x-ndjson also selects jsonl",
        schema =
            @Schema(
                type = SchemaType.STRING,
                enumeration = {"json", "jsonl"}))
    @Nullable String format;

    @QueryParam("order")
    @Parameter(
        description = "order of the pages",
        schema =
            @Schema(
                type = SchemaType.STRING,
                enumeration = {"oldest", "newest"}))
    @Nullable String order;

    @QueryParam("cursor")
    @Parameter(
        description = "value of next in the page before",
        schema = @Schema(type = SchemaType.STRING, pattern = "^[0-9]{1,18}$"))
    @Nullable String cursor;

    @QueryParam("limit")
    @Parameter(
        description = "rows of a page",
        schema =
            @Schema(
                type = SchemaType.INTEGER,
                minimum = "1",
                maximum = "1000",
                defaultValue = DEFAULT_LIMIT))
    @Nullable String limit;

    /** An export has all votes, oldest first: what shapes a page would be ignored. */
    private void requireNoPage() {
      requireOfPages("order", order);
      requireOfPages("cursor", cursor);
      requireOfPages("limit", limit);
    }

    private static void requireOfPages(String name, @Nullable String value) {
      if (value != null) {
        throw Parameters.invalid(name, "is for pages; an export has all votes, oldest first");
      }
    }
  }

  private final VoteLogService votes;
  private final ExportLimit exports;

  @Inject
  VoteExportResource(VoteLogService votes, ExportLimit exports) {
    this.votes = votes;
    this.exports = exports;
  }

  @GET
  @Produces({MediaType.APPLICATION_JSON, JsonLines.MEDIA_TYPE})
  @RunOnVirtualThread
  @Operation(
      summary = "Lists votes, or exports votes for a side as a file in TRL's formats",
      description =
          "The export has prompt, chosen and rejected of every vote for a side, oldest first; ties"
              + " and both_bad are left out. form=messages leaves out pairs whose prompt was plain"
              + " text.")
  @APIResponse(
      responseCode = "200",
      description = "a page, or the file",
      content = {
        @Content(
            mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = PreferenceViews.Page.class)),
        @Content(mediaType = JsonLines.MEDIA_TYPE, schema = @Schema(type = SchemaType.STRING))
      })
  public Response list(
      @BeanParam PreferenceQuery query,
      @BeanParam OutputParameters shape,
      @BeanParam ExportParameters file,
      @Context HttpHeaders headers,
      @Context RoutingContext http) {
    PreferenceFilter filter = votes.filter(query);
    TrlFormat form = file.format();
    boolean tokens = file.withTokens();
    return switch (Parameters.enumConstant("format", shape.format, accepted(headers))) {
      case JSON -> Response.ok(page(filter, shape)).type(MediaType.APPLICATION_JSON).build();
      case JSONL -> {
        shape.requireNoPage();
        yield exports.stream(() -> votes.export(filter, form, tokens), http);
      }
    };
  }

  private PreferenceViews.Page page(PreferenceFilter filter, OutputParameters shape) {
    return votes.page(
        filter,
        Parameters.enumConstant("order", shape.order, Order.OLDEST),
        shape.cursor == null ? null : Paging.number("cursor", shape.cursor),
        Paging.limit(shape.limit == null ? DEFAULT_LIMIT : shape.limit));
  }

  private static Format accepted(HttpHeaders headers) {
    MediaType first = headers.getAcceptableMediaTypes().getFirst();
    return first.toString().startsWith(JsonLines.MEDIA_TYPE) ? Format.JSONL : Format.JSON;
  }
}
