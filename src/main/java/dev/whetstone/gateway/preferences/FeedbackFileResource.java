package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.ExportLimit;
import dev.whetstone.gateway.http.JsonLines;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.preference.bulk.ImportReport;
import dev.whetstone.preference.bulk.RatingImport;
import dev.whetstone.preference.feedback.FeedbackReader;
import dev.whetstone.preference.trl.TrlFormat;
import dev.whetstone.preference.trl.TrlRatingWriter;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Exports and imports ratings as files in TRL's unpaired format. */
@Path("/feedback")
@RolesAllowed({Role.RATER_ROLE, Role.TRAINER_ROLE})
public class FeedbackFileResource {
  private final FeedbackReader reader;
  private final RatingImport imports;
  private final GatewayState serving;
  private final SecurityIdentity identity;
  private final ExportLimit exports;

  @Inject
  FeedbackFileResource(
      FeedbackReader reader,
      RatingImport imports,
      GatewayState serving,
      SecurityIdentity identity,
      ExportLimit exports) {
    this.reader = reader;
    this.imports = imports;
    this.serving = serving;
    this.identity = identity;
    this.exports = exports;
  }

  @GET
  @Produces(JsonLines.MEDIA_TYPE)
  @RunOnVirtualThread
  @Operation(
      summary = "Exports all ratings as a file in TRL's unpaired format",
      description =
          "prompt, completion and label, oldest first. form=messages leaves out answers to plain"
              + " prompts.")
  @APIResponse(
      responseCode = "200",
      description = "the file",
      content =
          @Content(mediaType = JsonLines.MEDIA_TYPE, schema = @Schema(type = SchemaType.STRING)))
  public Response export(@BeanParam ExportParameters file, @Context RoutingContext http) {
    TrlFormat format = file.format();
    boolean ids = file.withTokens();
    return exports.stream(() -> out -> write(out, format, ids), http);
  }

  private void write(OutputStream out, TrlFormat format, boolean tokens) throws IOException {
    try (TrlRatingWriter lines = new TrlRatingWriter(out, format, tokens)) {
      reader.forEach(format, lines::write);
    }
  }

  @POST
  @Path("import")
  @Consumes({
    JsonLines.MEDIA_TYPE,
    "application/jsonl",
    "application/x-jsonlines",
    MediaType.APPLICATION_JSON
  })
  @Produces(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary = "Imports a file of ratings in TRL's unpaired format, one JSON object on each line",
      description =
          "prompt and completion are texts or lists of messages, label is true or false. Lines that"
              + " are there already are skipped; invalid lines are reported by number.")
  @RequestBody(
      content =
          @Content(mediaType = JsonLines.MEDIA_TYPE, schema = @Schema(type = SchemaType.STRING)))
  @APIResponse(
      responseCode = "200",
      description = "counts of imported, skipped and invalid lines",
      content = @Content(schema = @Schema(implementation = ImportReport.class)))
  public ImportReport run(InputStream body) throws IOException {
    return imports.run(body, serving.model().pairTokenizer(), identity.getPrincipal().getName());
  }
}
