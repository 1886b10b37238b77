#define _GNU_SOURCE
#include "room.h"

#include "files.h"
#include "io.h"
#include "landlock.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static struct room of_zygote, of_programs;
static bool opened;

/* The program sees the names of the host's folders, but reads nothing except this. */
static int rules_for(const struct room *room, const struct slot_options *options)
{
    static const char *const shown[] = {"/usr",   "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache",
                                        "/etc/alternatives"};
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
    int rules = landlock_rules();
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        landlock_show(rules, shown[i]);
    for (int i = 0; i < options->bind_count; i++)
        landlock_show(rules, options->binds[i]);
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        landlock_device(rules, devices[i]);
    landlock_give(rules, room->path);
    return rules;
}

static void open_room(struct room *room, const char *name, const struct slot_options *options)
{
    int length = snprintf(room->path, sizeof room->path, "%s/%s", options->work, name);
    if (length >= (int)sizeof room->path || mkdir(room->path, 0700) != 0)
        fail("room");
    snprintf(room->source, sizeof room->source, "%s/src", room->path);
    snprintf(room->tmp, sizeof room->tmp, "%s/tmp", room->path);
    room->folder = open(room->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    room->rules = rules_for(room, options);
}

/* One for the zygote's box, which is made ahead, and one for the box of an executable. */
void rooms_open(const struct slot_options *options)
{
    open_room(&of_zygote, "python", options);
    open_room(&of_programs, "program", options);
    opened = true;
}

/* NULL where boxes are made of namespaces. */
const struct room *room_of_zygote(void)
{
    return opened ? &of_zygote : NULL;
}

const struct room *room_of_programs(void)
{
    return opened ? &of_programs : NULL;
}

/* Empties it and makes the folders that a program expects. */
void room_furnish(const struct room *room)
{
    files_wipe(room->folder);
    if (mkdir(room->source, 0700) != 0 || mkdir(room->tmp, 0700) != 0)
        fail("folders of the room");
}

/* Where the program's source is, in a room or a box of namespaces. */
const char *room_source(const struct room *room)
{
    return room == NULL ? BOX_SOURCE : room->source;
}

/* What every program finds. Where /tmp is the host's it is told of its own one. */
char *const *room_environment(const struct room *room)
{
    static char home[ROOM_PATH_SIZE + 16], temporary[ROOM_PATH_SIZE + 16];
    static char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", home, NULL, NULL};
    snprintf(home, sizeof home, "HOME=%s", room == NULL ? "/tmp" : room->tmp);
    snprintf(temporary, sizeof temporary, "TMPDIR=%s", room == NULL ? "" : room->tmp);
    environment[3] = room == NULL ? NULL : temporary;
    return environment;
}
