#include <varve/backend/mariadb.hpp>

int main() {}
