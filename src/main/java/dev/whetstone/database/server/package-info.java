/**
 * The embedded PostgreSQL server: its binaries, start and stop, address, and the count of processes
 * that use it. Begin with {@link EmbeddedServer}.
 *
 * <p>On disk, below {@code WHETSTONE_HOME/postgres}: {@code postgresql} (the unpacked binaries),
 * {@code data}, {@code password}, {@code log}, {@code lock} (a file lock, held while a process
 * starts or stops the server) and {@code users} (a file for each {@code EmbeddedServer} in use).
 */
@NullMarked
package dev.whetstone.database.server;

import org.jspecify.annotations.NullMarked;
