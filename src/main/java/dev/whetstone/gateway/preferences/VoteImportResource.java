package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.JsonLines;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.preference.bulk.ImportReport;
import dev.whetstone.preference.bulk.ImportRunningException;
import dev.whetstone.preference.bulk.PreferenceImport;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Imports pairs from a file into the preference log. */
@Path("/preferences/import")
@RolesAllowed({Role.RATER_ROLE, Role.TRAINER_ROLE})
public class VoteImportResource {
  private final PreferenceImport imports;
  private final GatewayState serving;
  private final SecurityIdentity identity;

  @Inject
  VoteImportResource(PreferenceImport imports, GatewayState serving, SecurityIdentity identity) {
    this.imports = imports;
    this.serving = serving;
    this.identity = identity;
  }

  @POST
  @Consumes({
    JsonLines.MEDIA_TYPE,
    "application/jsonl",
    "application/x-jsonlines",
    MediaType.APPLICATION_JSON
  })
  @Produces(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary = "Imports a file of pairs in TRL's formats, one JSON object on each line",
      description =
          "prompt, chosen and rejected are texts or lists of messages; the prompt may be left out"
              + " if both completions begin with it. Lines that were imported before are skipped;"
              + " invalid lines are reported by number and do not affect the others. Lines are"
              + " committed in batches: after a broken connection, send the file again.")
  @RequestBody(
      content =
          @Content(mediaType = JsonLines.MEDIA_TYPE, schema = @Schema(type = SchemaType.STRING)))
  @APIResponse(
      responseCode = "200",
      description = "counts of imported, skipped and invalid lines",
      content = @Content(schema = @Schema(implementation = ImportReport.class)))
  @APIResponse(responseCode = "409", description = "another import is running; see Retry-After")
  public ImportReport run(InputStream body) throws IOException {
    PairTokenizer tokenizer = serving.model().pairTokenizer();
    try {
      return imports.run(body, tokenizer, identity.getPrincipal().getName());
    } catch (ImportRunningException running) {
      throw ProblemException.retryLater(
          409, "import_running", String.valueOf(running.getMessage()), 10);
    }
  }
}
