package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.trl.TrlFormat;
import jakarta.ws.rs.QueryParam;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** Query parameters of a file in TRL's formats. */
public final class ExportParameters {
  @QueryParam("form")
  @Parameter(
      description = "of the export: TRL's standard (text) or conversational (messages) format",
      schema =
          @Schema(
              type = SchemaType.STRING,
              enumeration = {"text", "messages"}))
  @Nullable String form;

  @QueryParam("tokens")
  @Parameter(
      description = "of the export: whether to add token ids to the texts",
      schema = @Schema(type = SchemaType.BOOLEAN))
  @Nullable String tokens;

  TrlFormat format() {
    return Parameters.enumConstant("form", form, TrlFormat.TEXT);
  }

  boolean withTokens() {
    return Boolean.TRUE.equals(Parameters.flag("tokens", tokens));
  }
}
