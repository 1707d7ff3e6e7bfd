/**
 * Backups: the rows of all tables in one file, and back into a new database. Begin with {@link
 * Backup}.
 *
 * <p>The file is a zip archive: {@code tables/NAME}, the rows in PostgreSQL's text format of COPY,
 * and last {@code manifest.json}, a {@link BackupManifest}. It holds no definitions: the schema is
 * made by the migrations that the manifest names. A file that is written while votes come in holds
 * one moment, because all tables are read in one transaction.
 */
@NullMarked
package dev.whetstone.database.backup;

import org.jspecify.annotations.NullMarked;
