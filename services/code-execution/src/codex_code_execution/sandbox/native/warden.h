/* Where no pid namespace ends with its first process, somebody has to stay behind and end everybody. */
#ifndef WARDEN_H
#define WARDEN_H

void become_ward(const char *work);

#endif
